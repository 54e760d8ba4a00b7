"""Letters, as a worker sends them."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from souk.core.errors import ProviderRejected, ProviderUnavailable, RecipientUnavailable
from souk.modules.accounts.domain.emails import CODE_LASTS, MAX_MESSAGES, enclosed
from souk.modules.accounts.errors import EmailProofUnusable, TooManyEmails
from souk.modules.accounts.service import Emails
from tests.support.letterbox import EMAILS

ADA, EVE = "ada@buyers.example", "eve@buyers.example"
AWAY = ProviderUnavailable("the mail server cannot be reached")


@pytest.fixture
def emails(committing_uow):
    return Emails(committing_uow, EMAILS)


def opened(emails, letters, to=ADA):
    """A challenge of which no letter was taken so far."""
    letters.failure = AWAY
    return emails.request(to).challenge_id


def stored(engine):
    with engine.connect() as connection:
        return connection.execute(text("SELECT * FROM email_challenge")).one()


def test_request_sends_nothing_itself(emails, letters):
    emails.request(ADA)
    assert letters.tries == 0


def test_letter_is_sent_once(emails, sender, letters):
    emails.request(ADA)
    assert [sender.send_due(), sender.send_due()] == [1, 0]
    assert [to for to, _body in letters.sent] == [ADA]


def test_letter_is_sent_word_for_word_again_when_a_worker_dies_over_it(
    emails, sender, letters, clock
):
    class Killed(BaseException):
        pass

    emails.request(ADA)
    letters.failure = Killed()
    with pytest.raises(Killed):
        sender.send_due()
    assert sender.send_due() == 0
    letters.failure = None
    clock.advance(minutes=2)
    assert sender.send_due() == 1
    assert emails.sign_in_by_link(letters.link).email == ADA


def test_letter_is_sent_later_and_later_until_the_mail_server_is_back(
    emails, sender, letters, clock
):
    challenge = opened(emails, letters)
    for wait in (2, 4, 8):
        assert sender.send_due() == 0
        clock.advance(seconds=wait - 1)
        tries = letters.tries
        assert (sender.send_due(), letters.tries) == (0, tries)
        clock.advance(seconds=1)
    letters.failure = None
    assert sender.send_due() == 1
    assert emails.sign_in_by_code(challenge, letters.code.replace(" ", "")).email == ADA


def test_letter_is_given_up_when_its_code_is_too_old(emails, sender, letters, clock):
    opened(emails, letters)
    until = clock.now() + CODE_LASTS
    while clock.now() < until:
        sender.send_due()
        clock.advance(seconds=30)
    assert letters.tries < 20
    letters.failure = None
    assert (sender.send_due(), letters.sent) == (0, [])


def test_letter_is_given_up_when_another_was_used(emails, sender, letters, clock):
    opened(emails, letters)
    sender.send_due()
    letters.failure = None
    emails.request(ADA)
    sender.send_due()
    emails.sign_in_by_link(letters.link)
    clock.advance(minutes=2)
    assert sender.send_due() == 0


def test_letter_waits_for_no_other_when_the_mail_server_does_not_take_one(
    emails, sender, letters, clock
):
    opened(emails, letters)
    sender.send_due()
    letters.failure = None
    emails.request(EVE)
    assert sender.send_due() == 1
    assert [to for to, _body in letters.sent] == [EVE]


def test_letter_waits_for_no_address_that_takes_none_now(emails, sender, letters, clock):
    letters.failures[EVE] = RecipientUnavailable("grey-listed")
    emails.request(EVE)
    clock.advance(seconds=1)
    emails.request(ADA)
    assert sender.send_due() == 1
    assert [to for to, _body in letters.sent] == [ADA]
    letters.failures.clear()
    clock.advance(seconds=2)
    assert sender.send_due() == 1
    assert [to for to, _body in letters.sent] == [ADA, EVE]


def test_letter_that_was_never_tried_comes_before_what_is_repeated(emails, sender, letters, clock):
    letters.failures[EVE] = AWAY
    emails.request(EVE)
    sender.send_due()
    clock.advance(seconds=3)
    emails.request(ADA)
    assert sender.send_due() == 1
    assert [to for to, _body in letters.sent] == [ADA]


def test_letter_that_is_never_taken_is_not_sent_again(emails, sender, letters, clock):
    letters.failure = ProviderRejected("no such user")
    emails.request(ADA)
    sender.send_due()
    clock.advance(minutes=5)
    sender.send_due()
    assert letters.tries == 1


def test_what_is_stored_alone_tells_no_code(emails, sender, letters, engine, clock):
    challenge = opened(emails, letters)
    sender.send_due()
    waiting = stored(engine)
    letters.failure = None
    clock.advance(seconds=2)
    sender.send_due()
    for secret in (letters.code.replace(" ", ""), letters.link):
        assert secret not in str(waiting)
    assert enclosed(EMAILS, challenge, waiting.seed).link == letters.link
    assert stored(engine).seed is None


def test_what_could_not_be_sent_does_not_count_once_it_is_over(emails, sender, letters, clock):
    for _ in range(MAX_MESSAGES):
        opened(emails, letters)
    with pytest.raises(TooManyEmails):
        emails.request(ADA)
    clock.advance(minutes=15)
    assert emails.request(ADA).expires_at == clock.now() + timedelta(minutes=15)


def test_what_was_guessed_at_counts_though_it_could_not_be_sent(emails, letters, clock):
    for _ in range(MAX_MESSAGES):
        challenge = opened(emails, letters)
        with pytest.raises(EmailProofUnusable):
            emails.sign_in_by_code(challenge, "no code")
    clock.advance(minutes=15)
    with pytest.raises(TooManyEmails):
        emails.request(ADA)
