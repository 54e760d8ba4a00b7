"""A provider finds out who a seller is: what it tells, in whatever order, and what it fails to."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import permutations

import pytest
from sqlalchemy import text

from souk.core.inbox import InboxSweeper
from souk.core.pagination import CursorCodec
from souk.modules.payments import api as payments_api
from souk.modules.payments import handlers as payments_handlers
from souk.modules.payments.service import Payments
from souk.modules.sellers import api as sellers_api
from souk.modules.sellers.domain import Verification
from souk.modules.sellers.errors import StandingConflict
from souk.modules.sellers.handlers import inbox_handlers
from souk.modules.sellers.ports import CheckState, IdentityFinding, IdentityRequest
from souk.modules.sellers.service import Sellers
from tests.support.account_builders import a_session, accounts_on
from tests.support.card_fixtures import card_server, faulty_server
from tests.support.card_shop import card_rail
from tests.support.card_webhooks import Door, an_event
from tests.support.clock import MovableClock
from tests.support.http import Api, assembled
from tests.support.identities import EXPIRED, GENUINE, Person, a_stripe_check
from tests.support.payment_builders import payments_on
from tests.support.seller_builders import OpenedStore, a_seller, sellers_on, staff

__all__ = ["card_server", "faulty_server"]

PATH = "/api/marketplace/sellers"
SESSIONS = "/v1/identity/verification_sessions"
ORDERS = list(permutations(range(3)))


@pytest.fixture
def clock() -> MovableClock:
    """The provider's time is the real one."""
    return MovableClock(datetime.now(UTC))


@pytest.fixture
def sellers(committing_uow, card_server) -> Sellers:
    return sellers_on(committing_uow, identity=a_stripe_check(card_server))


@pytest.fixture
def store(committing_uow) -> OpenedStore:
    return a_seller(committing_uow)


@pytest.fixture
def person(card_server) -> Person:
    return Person(card_server)


@pytest.fixture
def payments(committing_uow, card_server, clock) -> Payments:
    return payments_on(committing_uow, cards=card_rail(card_server, clock))


@pytest.fixture
def door(database_url, committing_uow, engine, clock, payments, sellers) -> Iterator[Door]:
    container = assembled(
        database_url,
        committing_uow,
        payments_api.router,
        sellers_api.router,
        services={
            Payments: payments,
            Sellers: sellers,
            CursorCodec: CursorCodec(b"a secret of sixteen bytes or more"),
        },
        authenticate=accounts_on(committing_uow).authenticate,
    )
    with Api(container) as api:
        yield Door(api, engine, clock)


@pytest.fixture
def sweep(engine, clock, payments, sellers) -> Callable[[], int]:
    """What a worker does with what was kept; returns how many messages it handled."""
    handlers = {**payments_handlers.inbox_handlers(payments), **inbox_handlers(sellers)}
    return InboxSweeper(engine, handlers, clock).sweep


@pytest.fixture
def stands(engine) -> Callable[[], tuple[str, ...]]:
    """Every state that the store's verification was in."""

    def read() -> tuple[str, ...]:
        with engine.connect() as connection:
            steps = connection.scalars(
                text(
                    "SELECT to_state FROM seller_standing_history"
                    " WHERE aspect = 'verification' ORDER BY sequence"
                )
            )
            return tuple(steps)

    return read


def begin(sellers: Sellers, store: OpenedStore) -> str:
    """The address of a check that has just begun."""
    url = sellers.begin_verification(store.principal, store.id).url
    assert url is not None
    return url


def told(card_server, *urls: str) -> list[dict]:
    """Every webhook about some checks, the first one first."""
    names = [url.rpartition("/")[2] for url in urls]
    found = card_server.client().v1.events.list({"limit": 100}).data
    events = [event.to_dict() for event in reversed(found)]
    return [event for event in events if event["data"]["object"]["id"] in names]


def test_seller_is_verified_when_the_provider_tells_so(
    sellers, store, person, card_server, door, sweep, engine
):
    url = begin(sellers, store)
    person.is_looked_at(url)

    assert {door.tell(event).status_code for event in told(card_server, url)} == {200}
    sweep()

    with engine.connect() as connection:
        steps = connection.execute(
            text(
                "SELECT to_state, mover, mover_id IS NULL, reason, evidence"
                " FROM seller_standing_history WHERE aspect = 'verification' ORDER BY sequence"
            )
        ).all()
    assert tuple(steps[-1]) == (
        "verified",
        "system",
        True,
        "the check of the seller's identity was passed",
        {"reference": url.rpartition("/")[2]},
    )


def test_seller_is_rejected_with_a_code_and_verified_at_another_try(
    sellers, store, person, card_server, door, sweep, stands, engine
):
    first = begin(sellers, store)
    person.is_looked_at(first, EXPIRED)
    for event in told(card_server, first):
        door.tell(event)
    sweep()
    second = begin(sellers, store)
    person.is_looked_at(second)
    for event in told(card_server, first, second):
        door.tell(event)
    sweep()

    steps = ("unverified", "in_review", "rejected", "in_review", "verified")
    assert (stands(), first != second) == (steps, True)
    with engine.connect() as connection:
        code = "SELECT evidence ->> 'code' FROM seller_standing_history WHERE to_state = 'rejected'"
        assert connection.scalar(text(code)) == EXPIRED


@pytest.mark.parametrize("order", ORDERS)
def test_order_and_number_of_messages_change_nothing(
    sellers, store, person, card_server, door, sweep, stands, order
):
    url = begin(sellers, store)
    person.is_looked_at(url)
    events = told(card_server, url)
    assert len(events) == len(order)

    for place in order:
        for copy in ("", "_again"):
            door.tell({**events[place], "id": events[place]["id"] + copy})
        sweep()

    assert stands() == ("unverified", "in_review", "verified")


def test_check_is_passed_after_it_has_failed(
    sellers, store, person, card_server, door, sweep, stands
):
    url = begin(sellers, store)
    for document in (EXPIRED, GENUINE):
        person.is_looked_at(url, document)
        door.tell(told(card_server, url)[-1])
        sweep()
    for event in told(card_server, url):
        door.tell({**event, "id": event["id"] + "_late"})
    sweep()

    assert stands() == ("unverified", "in_review", "rejected", "verified")


def test_seller_is_rejected_when_the_check_was_called_off(
    sellers, store, card_server, door, sweep, stands
):
    url = begin(sellers, store)
    card_server.client().v1.identity.verification_sessions.cancel(url.rpartition("/")[2])
    door.tell(told(card_server, url)[-1])
    sweep()
    assert stands() == ("unverified", "in_review", "rejected")


@pytest.mark.parametrize("decided", [Verification.REJECTED, Verification.VERIFIED])
def test_what_staff_decided_stands_when_the_provider_tells_otherwise(
    committing_uow, sellers, store, person, card_server, door, sweep, decided
):
    url = begin(sellers, store)
    staffed = sellers.decide_verification(staff(committing_uow), store.id, decided, "seen")
    person.is_looked_at(url, EXPIRED if decided is Verification.VERIFIED else GENUINE)
    for event in told(card_server, url):
        door.tell(event)
    sweep()
    with committing_uow.begin() as tx:
        assert sellers.get(tx, store.id).verification is staffed.verification is decided


def test_old_check_is_not_counted_when_a_newer_one_has_begun(
    sellers, store, person, card_server, door, sweep, stands
):
    first = begin(sellers, store)
    person.is_looked_at(first, EXPIRED)
    sellers.look_at_checks()
    begin(sellers, store)
    person.is_looked_at(first)
    for event in told(card_server, first):
        door.tell(event)
    sweep()
    assert stands() == ("unverified", "in_review", "rejected", "in_review")


@pytest.mark.parametrize("named", [True, False])
def test_session_that_others_have_made_is_ignored(
    sellers, store, person, card_server, door, sweep, stands, named
):
    begin(sellers, store)
    metadata = {"seller": store.id} if named else {}
    theirs = card_server.client().v1.identity.verification_sessions.create(
        {"type": "document", "metadata": metadata}
    )
    person.is_looked_at(theirs.url)
    events = told(card_server, theirs.url)
    for event in events:
        door.tell(event)
    assert (sweep(), stands()) == (len(events), ("unverified", "in_review"))


def test_session_of_another_world_is_ignored(sellers, store, door, sweep, stands):
    begin(sellers, store)
    door.tell(
        an_event(type="identity.verification_session.verified", data={"object": {"id": "vs_1"}})
    )
    assert (sweep(), stands()) == (1, ("unverified", "in_review"))


@pytest.mark.pitfall("P14")
@pytest.mark.parametrize("foreign", [{"livemode": True}, {"account": "acct_other"}])
def test_message_that_is_meant_for_somebody_else_moves_nothing(
    sellers, store, person, card_server, door, sweep, stands, foreign
):
    url = begin(sellers, store)
    person.is_looked_at(url)
    door.tell({**told(card_server, url)[-1], **foreign})
    assert (sweep(), stands()) == (0, ("unverified", "in_review"))
    assert [source for source, _ in door.kept()] == ["stripe.foreign"]


def test_nothing_is_kept_of_a_message_but_the_name_of_the_check(
    sellers, store, card_server, door, engine
):
    url = begin(sellers, store)
    (event,) = told(card_server, url)
    event["data"]["object"]["verified_outputs"] = {"first_name": "Sofia"}
    door.tell(event)
    with engine.connect() as connection:
        (kept,) = connection.scalars(text("SELECT body FROM webhook_inbox"))
    assert json.loads(kept)["data"] == {"object": {"id": url.rpartition("/")[2]}}


def test_message_is_handled_later_when_the_provider_is_away(
    sellers, store, person, faulty_server, door, sweep, stands, clock
):
    url = begin(sellers, store)
    person.is_looked_at(url)
    door.tell(told(faulty_server, url)[-1])
    faulty_server.control("faults", kind="server_error", on=SESSIONS)
    assert sweep() == 0
    clock.advance(seconds=5)
    assert (sweep(), stands()[-1]) == (1, "verified")


def test_loop_finds_what_nobody_was_told(sellers, store, person, stands):
    person.is_looked_at(begin(sellers, store))
    assert (sellers.look_at_checks(), sellers.look_at_checks()) == (1, 0)
    assert stands() == ("unverified", "in_review", "verified")


def test_loop_goes_on_when_one_check_cannot_be_looked_up(
    committing_uow, sellers, store, person, faulty_server
):
    stores = [store, a_seller(committing_uow, "otto")]
    for url in [begin(sellers, each) for each in stores]:
        person.is_looked_at(url)
    faulty_server.control("faults", kind="server_error", on=SESSIONS, count=1)
    assert [sellers.look_at_checks() for _ in range(2)] == [1, 1]


def test_loop_leaves_alone_what_has_begun_long_ago(sellers, store, person, clock):
    person.is_looked_at(begin(sellers, store))
    clock.advance(days=31)
    assert sellers.look_at_checks() == 0


def test_loop_asks_nobody_when_staff_check(committing_uow, store):
    by_staff = sellers_on(committing_uow)
    by_staff.begin_verification(store.principal, store.id)
    assert by_staff.look_at_checks() == 0


def test_seller_who_asks_again_finds_where_to_go_on(sellers, store, person, stands):
    url = begin(sellers, store)
    again = begin(sellers, store)
    person.is_looked_at(again)
    assert (again, stands()) == (url, ("unverified", "in_review"))


def test_seller_who_asks_again_is_told_to_wait_while_it_is_looked_at(sellers, store, person):
    person.shows(begin(sellers, store))
    with pytest.raises(StandingConflict) as refused:
        sellers.begin_verification(store.principal, store.id)
    assert refused.value.context["standing"] == "in_review"


def test_seller_who_asks_again_is_found_verified(sellers, store, person, stands):
    person.is_looked_at(begin(sellers, store))
    with pytest.raises(StandingConflict) as refused:
        sellers.begin_verification(store.principal, store.id)
    assert (refused.value.context["standing"], stands()[-1]) == ("verified", "verified")


def test_seller_who_asks_again_begins_anew_when_the_check_had_failed(
    sellers, store, person, stands
):
    url = begin(sellers, store)
    person.is_looked_at(url, EXPIRED)
    assert begin(sellers, store) != url
    assert stands() == ("unverified", "in_review", "rejected", "in_review")


def test_address_of_a_check_is_shown_once(committing_uow, store, door, engine):
    token = a_session(committing_uow, "sofia")
    ask = f"{PATH}/{store.id}/verification"
    first, repeat, anew = (
        door.api("POST", ask, token=token, key=key) for key in ("one", "one", "another")
    )
    assert (first.json()["verification"], repeat.json()["url"]) == ("in_review", None)
    assert first.json()["url"] == anew.json()["url"] is not None
    with engine.connect() as connection:
        kept = connection.scalars(text("SELECT body FROM idempotency_key")).all()
    assert not [body for body in kept if first.json()["url"] in body]


class Told:
    """A check that says what it was told to say, one thing after the other."""

    def __init__(self, *states: CheckState) -> None:
        self._states = iter(states)

    def begin(self, seller_id: str, *, key: str) -> IdentityRequest:
        self._seller_id = seller_id
        return IdentityRequest(reference=key, url=None)

    def look_up(self, reference: str) -> IdentityFinding:
        state = next(self._states)
        return IdentityFinding(reference=reference, seller_id=self._seller_id, state=state)

    def read(self, message: bytes) -> str:
        return message.decode()


@pytest.mark.parametrize("late", [CheckState.FAILED, CheckState.CALLED_OFF, CheckState.UNDER_WAY])
def test_what_was_looked_up_before_it_was_passed_and_comes_after_changes_nothing(
    committing_uow, store, stands, late
):
    sellers = sellers_on(committing_uow, identity=Told(CheckState.PASSED, late))
    sellers.begin_verification(store.principal, store.id)
    for _ in range(2):
        sellers.handle_message("evt_1", f"{store.id}:verification:2".encode())
    assert stands() == ("unverified", "in_review", "verified")
