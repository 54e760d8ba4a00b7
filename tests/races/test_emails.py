"""Signing in by e-mail from many threads at the same moment."""

import re
from collections import Counter

import pytest

from souk.modules.accounts.domain import SignedIn
from souk.modules.accounts.domain.emails import (
    MAX_ATTEMPTS,
    MAX_MESSAGES,
    EmailChallenge,
)
from souk.modules.accounts.errors import EmailProofUnusable, StepUpRequired, TooManyEmails
from souk.modules.accounts.service import Addresses, Emails, Letters
from tests.support.account_builders import accounts_on, an_account
from tests.support.letterbox import EMAILS, Letterbox
from tests.support.threads import at_once

# Two that do it crosswise have to meet: the more often, the surer.
ROUNDS = 8


def links_of(letters):
    return [re.search(r"#(\S+)", body)[1] for _to, body in letters.sent]


@pytest.fixture
def letters():
    return Letterbox()


@pytest.fixture
def emails(committing_uow):
    return Emails(committing_uow, EMAILS)


@pytest.fixture
def sender(committing_uow, letters):
    return Letters(committing_uow, letters, EMAILS)


def test_code_opens_one_session_when_many_use_it(emails, sender, letters):
    challenge = emails.request("ada@buyers.example").challenge_id
    sender.send_due()
    code = letters.code.replace(" ", "")
    answers = at_once(MAX_ATTEMPTS, lambda _n: emails.sign_in_by_code(challenge, code))
    kinds = Counter(type(answer) for answer in answers)
    assert kinds == {SignedIn: 1, EmailProofUnusable: MAX_ATTEMPTS - 1}


def test_attempts_are_counted_when_many_guess_at_once(emails, sender, letters):
    challenge = emails.request("ada@buyers.example").challenge_id
    sender.send_due()
    code = letters.code.replace(" ", "")
    guesses = [f"{(int(code) + n) % 10**8:08d}" for n in range(1, MAX_ATTEMPTS + 5)]
    at_once(len(guesses), lambda n: emails.sign_in_by_code(challenge, guesses[n]))
    with pytest.raises(EmailProofUnusable):
        emails.sign_in_by_code(challenge, code)


def test_messages_are_counted_when_many_are_asked_for_at_once(emails, sender, letters):
    answers = at_once(MAX_MESSAGES + 5, lambda _n: emails.request("ada@buyers.example"))
    kinds = Counter(type(answer) for answer in answers)
    assert kinds == {EmailChallenge: MAX_MESSAGES, TooManyEmails: 5}
    assert sender.send_due() == len(letters.sent) == MAX_MESSAGES


def test_letter_is_sent_once_when_many_processes_send(emails, sender, letters):
    for n in range(8):
        emails.request(f"ada{n}@buyers.example")
    assert sum(at_once(8, lambda _n: sender.send_due())) == 8
    assert len({to for to, _body in letters.sent}) == len(letters.sent) == 8


def test_one_link_opens_a_session_when_all_are_used_at_once(emails, sender, letters):
    for n in range(ROUNDS):
        for _ in range(MAX_MESSAGES):
            emails.request(f"ada{n}@buyers.example")
        sender.send_due()
        links = links_of(letters)[-MAX_MESSAGES:]
        answers = at_once(MAX_MESSAGES, lambda at, links=links: emails.sign_in_by_link(links[at]))
        kinds = Counter(type(answer) for answer in answers)
        assert kinds == {SignedIn: 1, EmailProofUnusable: MAX_MESSAGES - 1}


def test_address_is_added_to_one_account_when_two_prove_it_at_once(
    committing_uow, emails, sender, letters
):
    addresses = Addresses(committing_uow, EMAILS)
    people = [an_account(committing_uow, name) for name in ("alice", "bob")]
    for who in people:
        addresses.request(who, "ada@buyers.example")
    sender.send_due()
    links = links_of(letters)
    answers = at_once(2, lambda n: addresses.add_by_link(people[n], links[n]))
    assert Counter(map(type, answers)) == {str: 1, EmailProofUnusable: 1}


def test_one_way_in_is_left_when_two_addresses_are_removed_at_once(
    committing_uow, emails, sender, letters
):
    addresses, accounts = Addresses(committing_uow, EMAILS), accounts_on(committing_uow)
    emails.request("ada@buyers.example")
    sender.send_due()
    first = accounts.authenticate(emails.sign_in_by_link(letters.link).token)
    addresses.request(first, "eve@buyers.example")
    sender.send_due()
    addresses.add_by_link(first, letters.link)
    people = []
    for email in ("ada@buyers.example", "eve@buyers.example"):
        emails.request(email)
        sender.send_due()
        people.append(accounts.authenticate(emails.sign_in_by_link(letters.link).token))
    names = ("eve@buyers.example", "ada@buyers.example")
    answers = at_once(2, lambda n: addresses.remove(people[n], names[n]))
    # Whoever comes second has to prove anew who they are, as for any other act.
    assert Counter(map(type, answers)) == {type(None): 1, StepUpRequired: 1}
