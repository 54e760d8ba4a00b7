"""Letters to sellers who have lost a name."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from souk.core.errors import ProviderRejected, ProviderUnavailable
from souk.core.events import HandlerRegistry
from souk.core.outbox import LEASE_SECONDS, OutboxRelay
from souk.modules.accounts.repository import emails as email_rows
from souk.modules.accounts.service import Emails
from souk.modules.names import handlers
from souk.modules.names.domain import Letterhead
from souk.modules.names.service import Notices
from tests.support.account_builders import a_wallet
from tests.support.fake_names import FakeNameService
from tests.support.letterbox import EMAILS, Letterbox
from tests.support.name_builders import a_named_seller, rechecks_on
from tests.support.seller_builders import sellers_on

NAME = "fig.eth"
SOFIA = "sofia@sellers.example"
MALLORY = a_wallet("mallory").address
HEAD = Letterhead("souk.example", "https://souk.example/sign-in")


@pytest.fixture
def letters() -> Letterbox:
    return Letterbox()


@pytest.fixture
def notices(committing_uow, letters) -> Notices:
    uow = committing_uow
    return Notices(uow, Emails(uow, EMAILS), sellers_on(uow), letters, HEAD)


@pytest.fixture
def relay(engine, clock, notices) -> OutboxRelay:
    return OutboxRelay(engine, HandlerRegistry([], handlers.readers(notices)), clock)


@pytest.fixture
def chain(clock) -> FakeNameService:
    return FakeNameService(clock.now())


@pytest.fixture
def store(committing_uow, chain):
    """Its owner has an e-mail address, and its name stands for somebody else by now."""
    opened = a_named_seller(committing_uow, chain, "sofia", NAME)
    with committing_uow.begin() as tx:
        email_rows.bind(tx, opened.principal.account_id, SOFIA)
        tx.commit()
    return opened


@pytest.fixture
def lost(committing_uow, chain, clock, store):
    """The daily look has found that out."""
    clock.advance(days=1)
    chain.names[NAME].address = MALLORY
    rechecks_on(committing_uow, chain).check_due()
    return store


def test_letter_says_what_why_and_what_to_do(relay, notices, letters, lost):
    relay.drain()

    assert notices.send_due() == 1

    ((to, body),) = letters.sent
    assert to == SOFIA
    for said in (
        "Sofia's shop on souk.example has lost the name fig.eth",
        "this name stands for another wallet than the one that was proved",
        "cannot be changed until 05 March 2026, 12:00 UTC",
        "show it at your store anew",
        "https://souk.example/sign-in",
    ):
        assert said in body


def test_nothing_is_sent_before_a_worker_sends_it(relay, letters, lost):
    relay.drain()

    assert letters.sent == []


def test_letter_is_sent_once_when_the_event_is_delivered_twice(
    engine, clock, relay, notices, letters, lost
):
    relay.drain()
    clock.advance(seconds=LEASE_SECONDS)
    with engine.begin() as connection:
        connection.execute(text("UPDATE outbox SET delivered_at = NULL WHERE name LIKE 'ens.%'"))
    again = relay.drain()

    assert (again > 0, relay.oldest_undelivered_at()) == (True, None)
    assert (notices.send_due(), notices.send_due(), len(letters.sent)) == (1, 0, 1)


def test_letter_is_sent_later_when_the_mail_server_is_away(relay, notices, letters, clock, lost):
    relay.drain()
    letters.failure = ProviderUnavailable("away")
    assert (notices.send_due(), letters.sent) == (1, [])
    letters.failure = None
    assert (notices.send_due(), letters.sent) == (0, [])

    clock.advance(seconds=2)

    assert (notices.send_due(), len(letters.sent)) == (1, 1)


def test_letter_is_sent_again_when_a_worker_died_with_it(relay, notices, letters, clock, lost):
    relay.drain()
    letters.failure = RuntimeError("the process ends here")
    with pytest.raises(RuntimeError):
        notices.send_due()
    letters.failure = None
    assert notices.send_due() == 0

    clock.advance(minutes=5)

    assert (notices.send_due(), len(letters.sent)) == (1, 1)


def test_letter_is_given_up_when_the_mail_server_never_takes_it(
    relay, notices, letters, clock, lost
):
    relay.drain()
    letters.failure = ProviderRejected("no such address")
    notices.send_due()
    letters.failure = None
    clock.advance(days=1)

    assert (notices.send_due(), letters.sent) == (0, [])


def test_nobody_is_written_to_without_an_address(
    committing_uow, engine, relay, notices, letters, lost
):
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM email_address"))
    relay.drain()

    assert (notices.send_due(), letters.sent) == (0, [])


def test_letter_says_nothing_of_payouts_when_they_are_not_frozen(
    committing_uow, chain, clock, relay, notices, letters, store
):
    with committing_uow.begin() as tx:
        tx.session.execute(text("UPDATE wallet SET chain_id = 1"))
        tx.commit()
    clock.advance(days=1)
    rechecks_on(committing_uow, chain).check_due()
    relay.drain()
    notices.send_due()

    ((_to, body),) = letters.sent
    assert "cannot be changed" not in body
    assert clock.now() == datetime(2026, 3, 2, 12, tzinfo=UTC)
