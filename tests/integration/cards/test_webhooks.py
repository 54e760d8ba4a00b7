"""What arrives at the address of the provider's webhooks, through the whole application."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import sessionmaker

from souk.core.db import make_engine
from souk.core.ids import TimeOrderedIds
from souk.core.pagination import CursorCodec
from souk.core.unit_of_work import UnitOfWork
from souk.modules.payments import api as payments_api
from souk.modules.payments.service import Payments
from tests.support.account_builders import accounts_on
from tests.support.card_server import CardServer
from tests.support.card_shop import card_rail
from tests.support.card_webhooks import SECRET, Door, an_event, signature
from tests.support.clock import MovableClock
from tests.support.http import Api, assembled
from tests.support.payment_builders import payments_on
from tests.support.stack import Databases

OLD = "whsec_old"
NOWHERE = CardServer("http://127.0.0.1:1", "sk_test_nowhere", "pk_test_nowhere")
BODY = json.dumps(an_event()).encode()


def a_door(url: str, *secrets: str) -> Iterator[Door]:
    """The application over payments whose provider is away."""
    clock, engine = MovableClock(), make_engine(url)
    uow = UnitOfWork(sessionmaker(engine), clock, TimeOrderedIds())
    cards = card_rail(NOWHERE, clock, secrets=secrets or (SECRET,))
    codec = CursorCodec(b"a secret of sixteen bytes or more")
    services = {Payments: payments_on(uow, cards=cards), CursorCodec: codec}
    container = assembled(
        url,
        uow,
        payments_api.router,
        services=services,
        authenticate=accounts_on(uow).authenticate,
    )
    with Api(container) as api:
        yield Door(api, engine, clock)
    engine.dispose()


@pytest.fixture(scope="module")
def _url(databases: Databases) -> Iterator[str]:
    url = databases.migrated()
    yield url
    databases.drop(url)


@pytest.fixture(scope="module")
def _junk_door(_url: str) -> Iterator[Door]:
    yield from a_door(_url)


@pytest.fixture
def junk(_junk_door: Door) -> Iterator[Door]:
    """A door at which nothing is to be kept, whatever a test sends."""
    yield _junk_door
    assert _junk_door.kept() == []


@pytest.fixture
def door(database_url: str) -> Iterator[Door]:
    yield from a_door(database_url)


def test_keeps_what_the_provider_has_signed(door) -> None:
    answer = door.tell(an_event())

    assert (answer.status_code, answer.content) == (200, b"")
    assert door.kept() == [("stripe", "evt_1")]


def at(door: Door, **passed: float) -> str:
    """A signature of the right body, made at another time."""
    return signature(BODY, door.clock.now() + timedelta(**passed))


JUNK_HEADERS = {
    "none": lambda _door: None,
    "empty": lambda _door: "",
    "no time": lambda door: at(door).split(",")[1],
    "no signature": lambda door: at(door).split(",")[0],
    "not ASCII": lambda door: at(door).split(",")[0] + ",v1=\xe9\xff",
    "a time that is none": lambda door: "t=soon," + at(door).split(",")[1],
    "a time beyond all numbers": lambda door: f"t={'9' * 400}," + at(door).split(",")[1],
    "ten years ahead": lambda door: at(door, days=3_650),
    "six minutes ahead": lambda door: at(door, minutes=6),
    "six minutes ago": lambda door: at(door, minutes=-6),
    "another secret": lambda door: signature(BODY, door.clock.now(), "whsec_guessed"),
    "no secret": lambda door: signature(BODY, door.clock.now(), ""),
    "too many": lambda door: at(door) + ",v1=00" * 60,
    "huge": lambda door: at(door) + ",v1=" + "0" * 100_000,
}


@pytest.mark.pitfall("P10")
@pytest.mark.pitfall("P11")
@pytest.mark.parametrize("kind", JUNK_HEADERS)
def test_refuses_a_body_under_a_signature_that_is_not_good(junk, kind) -> None:
    answer = junk.send(BODY, JUNK_HEADERS[kind](junk))

    assert (answer.status_code, answer.json()["code"]) == (400, "webhook_refused")


JUNK_BODIES = {
    "empty": b"",
    "not UTF-8": b"\xff\xfe" + BODY,
    "half an event": BODY[:-1],
    "a number": b"7",
    "a list": b"[]",
    "nothing": b"null",
    "a text": b'"evt_1"',
    "infinite": b"1e999",
    "deep": b"[" * 20_000,
    "a list in the place of the event": json.dumps([an_event()]).encode(),
    "a name that is a number": json.dumps(an_event(7)).encode(),
    "a name that cannot be stored": json.dumps(an_event("evt_\0")).encode(),
    "a name that is half a character": json.dumps(an_event("evt_\ud800")).encode(),
    "an endless name": json.dumps(an_event("e" * 10_000)).encode(),
    "no content": json.dumps(an_event(data=None)).encode(),
    "an object that is a list": json.dumps(an_event(data={"object": []})).encode(),
    "a time that is a text": json.dumps(an_event(created="soon")).encode(),
    "a time before all calendars": json.dumps(an_event(created=-(10**15))).encode(),
    "a time after all calendars": json.dumps(an_event(created=10**15)).encode(),
    "a time beyond all numbers": json.dumps(an_event(created=10**60)).encode(),
    "a flag that is a word": json.dumps(an_event(livemode="no")).encode(),
}


@pytest.mark.pitfall("P11")
@pytest.mark.parametrize("kind", JUNK_BODIES)
def test_refuses_what_is_no_event_though_it_is_signed(junk, kind) -> None:
    answer = junk.tell(JUNK_BODIES[kind])

    assert (answer.status_code, answer.json()["code"]) == (400, "webhook_refused")


@pytest.mark.pitfall("P13")
@pytest.mark.parametrize("changed", [BODY + b" ", BODY.replace(b": ", b":"), BODY[:-1]])
def test_refuses_a_body_that_was_changed_by_as_little_as_a_space(junk, changed) -> None:
    assert junk.send(changed, at(junk)).status_code == 400


def test_refuses_what_is_larger_than_any_event(junk) -> None:
    assert junk.tell(b"x" * 200_000).status_code == 413


@pytest.mark.pitfall("P11")
def test_refuses_junk_of_any_kind(junk) -> None:
    # Latin-1 without line ends is all that a header can hold.
    headers = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=80)

    @given(body=st.binary(max_size=80), header=st.none() | headers)
    def send(body: bytes, header: str | None) -> None:
        assert junk.send(body, header).status_code == 400

    send()
    assert junk.sent


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([10**30, "\0", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@pytest.mark.pitfall("P11")
def test_answers_whatever_is_signed_without_a_failure_of_its_own(door) -> None:
    """What fits is kept, all else refused: a message that cannot be stored or read is no reason
    to fail, and to be sent again for days."""
    names = st.sampled_from(["id", "type", "created", "livemode", "data", "account"])

    @given(changes=st.dictionaries(names, _VALUES, max_size=3), whole=st.none() | _VALUES)
    def tell(changes: dict, whole: object) -> None:
        event = {**an_event(), **changes} if whole is None else whole
        assert door.tell(json.dumps(event).encode()).status_code in (200, 400)

    tell()
    assert 400 in door.sent


@pytest.mark.pitfall("K4")
def test_opens_to_two_secrets_while_they_are_exchanged(database_url) -> None:
    for both in a_door(database_url, SECRET, OLD):
        told = [both.tell(an_event(f"evt_{each}"), each) for each in (OLD, SECRET)]
    for after in a_door(database_url, SECRET):
        told += [after.tell(an_event(f"evt_late_{each}"), each) for each in (OLD, SECRET)]

        assert [answer.status_code for answer in told] == [200, 200, 400, 200]
        assert ("stripe", f"evt_late_{OLD}") not in after.kept()


@pytest.mark.pitfall("P7")
def test_keeps_one_when_two_endpoints_are_told_of_the_same(database_url) -> None:
    for door in a_door(database_url, SECRET, OLD):
        answers = [door.tell(an_event(), secret) for secret in (SECRET, OLD, SECRET)]

        assert [answer.status_code for answer in answers] == [200] * 3
        assert door.kept() == [("stripe", "evt_1")]


@pytest.mark.pitfall("P14")
@pytest.mark.parametrize(
    "foreign",
    [{"livemode": True}, {"account": "acct_other"}, {"livemode": True, "type": "account.updated"}],
)
def test_parks_what_is_meant_for_somebody_else(door, foreign) -> None:
    answer = door.tell(an_event(**foreign))

    assert answer.status_code == 200
    assert door.kept() == [("stripe.foreign", "evt_1")]
