"""Signing in by e-mail from many threads at the same moment."""

import re
from collections import Counter

import pytest

from souk.modules.accounts.domain import SignedIn
from souk.modules.accounts.domain.emails import (
    MAX_ATTEMPTS,
    MAX_MESSAGES,
    EmailChallenge,
    EmailConfig,
)
from souk.modules.accounts.errors import EmailProofUnusable, TooManyEmails
from souk.modules.accounts.service import Emails
from tests.support.threads import at_once

CONFIG = EmailConfig("souk.example", "https://souk.example/sign-in", b"k" * 32, 7)


class Letterbox:
    """A `Mailer` that keeps what it is handed."""

    def __init__(self) -> None:
        self.sent = []

    def send(self, *, to, subject, body):
        self.sent.append(body)

    def code(self):
        return re.search(r"[0-9]{4} [0-9]{4}", self.sent[-1])[0].replace(" ", "")


@pytest.fixture
def letters():
    return Letterbox()


@pytest.fixture
def emails(committing_uow, letters):
    return Emails(committing_uow, letters, CONFIG)


def test_code_opens_one_session_when_many_use_it(emails, letters):
    challenge = emails.request("ada@buyers.example").challenge_id
    code = letters.code()
    answers = at_once(MAX_ATTEMPTS, lambda _n: emails.sign_in_by_code(challenge, code))
    kinds = Counter(type(answer) for answer in answers)
    assert kinds == {SignedIn: 1, EmailProofUnusable: MAX_ATTEMPTS - 1}


def test_attempts_are_counted_when_many_guess_at_once(emails, letters):
    challenge = emails.request("ada@buyers.example").challenge_id
    code = letters.code()
    guesses = [f"{(int(code) + n) % 10**8:08d}" for n in range(1, MAX_ATTEMPTS + 5)]
    at_once(len(guesses), lambda n: emails.sign_in_by_code(challenge, guesses[n]))
    with pytest.raises(EmailProofUnusable):
        emails.sign_in_by_code(challenge, code)


def test_messages_are_counted_when_many_are_asked_for_at_once(emails, letters):
    answers = at_once(MAX_MESSAGES + 5, lambda _n: emails.request("ada@buyers.example"))
    kinds = Counter(type(answer) for answer in answers)
    assert kinds == {EmailChallenge: MAX_MESSAGES, TooManyEmails: 5}
    assert len(letters.sent) == MAX_MESSAGES
