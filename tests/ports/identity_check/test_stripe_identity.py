"""What Stripe Identity says of a seller, as our adapter tells it."""

import json
from uuid import uuid4

import pytest

from souk.adapters.stripe.identity import StripeIdentityCheck
from souk.core.errors import OutcomeUnknown, ProviderUnavailable
from souk.modules.sellers.ports import CheckState, IdentityRequest
from tests.support.card_server import CardServer
from tests.support.card_webhooks import an_event
from tests.support.identities import BACK, EXPIRED, Person, a_stripe_check


@pytest.fixture
def check(card_server: CardServer) -> StripeIdentityCheck:
    return a_stripe_check(card_server)


@pytest.fixture
def person(card_server: CardServer) -> Person:
    return Person(card_server)


@pytest.fixture
def begun(check: StripeIdentityCheck) -> IdentityRequest:
    return check.begin("sel_1", key=str(uuid4()))


def test_session_is_for_a_document_and_names_the_seller(card_server, begun, person) -> None:
    find = card_server.client().v1.identity.verification_sessions.retrieve
    session = find(begun.reference)
    assert (session.type, session.metadata.to_dict()) == ("document", {"seller": "sel_1"})
    assert person.shows(begun.url, "later").headers["Location"] == BACK


@pytest.mark.parametrize(
    ("document", "state", "code"),
    [
        ("genuine", CheckState.PASSED, None),
        (EXPIRED, CheckState.FAILED, EXPIRED),
    ],
)
def test_look_up_tells_what_came_of_a_document(check, begun, person, document, state, code) -> None:
    person.is_looked_at(begun.url, document)
    found = check.look_up(begun.reference)
    assert (found.state, found.code) == (state, code)


def test_look_up_tells_that_it_is_passed_after_it_has_failed(check, begun, person) -> None:
    for document in (EXPIRED, "genuine"):
        person.is_looked_at(begun.url, document)
    found = check.look_up(begun.reference)
    assert (found.state, found.code, found.url) == (CheckState.PASSED, None, None)


def test_look_up_tells_that_it_is_looked_at(check, begun, person) -> None:
    person.shows(begun.url)
    found = check.look_up(begun.reference)
    assert (found.state, found.url) == (CheckState.UNDER_WAY, None)


def test_look_up_tells_that_it_was_called_off(check, begun, card_server) -> None:
    card_server.client().v1.identity.verification_sessions.cancel(begun.reference)
    assert check.look_up(begun.reference).state is CheckState.CALLED_OFF


def test_look_up_finds_nothing_when_a_session_names_no_seller(check, card_server) -> None:
    made = card_server.client().v1.identity.verification_sessions.create({"type": "document"})
    assert check.look_up(made.id) is None


def test_begin_tells_where_it_stands_now_when_it_began_before(check, person) -> None:
    key = str(uuid4())
    person.shows(check.begin("sel_1", key=key).url)
    assert check.begin("sel_1", key=key).url is None


def test_begin_finds_what_it_began_when_the_answer_was_lost(faulty_server, check) -> None:
    key = str(uuid4())
    sessions = "/v1/identity/verification_sessions"
    faulty_server.control("faults", kind="reset_after_effect", on=sessions)
    with pytest.raises(OutcomeUnknown):
        check.begin("sel_1", key=key)
    first = check.begin("sel_1", key=key)
    assert check.begin("sel_1", key=key) == first


def test_look_up_is_refused_while_the_provider_is_away(faulty_server, check, begun) -> None:
    faulty_server.control("faults", kind="server_error", on="/v1/identity/verification_sessions")
    with pytest.raises(ProviderUnavailable):
        check.look_up(begun.reference)


@pytest.mark.parametrize(
    ("turn", "named"),
    [
        ("verified", "vs_1"),
        ("requires_input", "vs_1"),
        ("canceled", "vs_1"),
        ("processing", "vs_1"),
        ("created", None),
    ],
)
def test_read_names_the_session_of_what_may_have_moved_it(check, turn, named) -> None:
    event = an_event(
        type=f"identity.verification_session.{turn}", data={"object": {"id": "vs_1", "status": 7}}
    )
    assert check.read(json.dumps(event).encode()) == named


def test_read_names_nothing_when_a_message_is_about_money(check) -> None:
    assert check.read(json.dumps(an_event()).encode()) is None
