"""Somebody who shows who they are."""

import json

import httpx
import pytest
import stripe

from souk.embedded.stripe_sandbox.identity import FAILURES
from tests.ports.stripe.conftest import Control
from tests.support.waiting import eventually
from tests.support.webhook_receiver import Receiver

BACK = "http://127.0.0.1/back"
ASKED = {"type": "document", "metadata": {"seller": "sel_1"}, "return_url": BACK}


@pytest.fixture
def sessions(client: stripe.StripeClient):
    return client.v1.identity.verification_sessions


def hand_in(session: stripe.identity.VerificationSession, answer: str = "genuine") -> str:
    return httpx.post(session.url, data={"answer": answer}).headers["Location"]


def looked_at(sessions, session: stripe.identity.VerificationSession, control: Control):
    def answered():
        found = sessions.retrieve(session.id)
        return found if found.status != "processing" else None

    control("time")
    return eventually(answered)


def told(hooks: Receiver, session: stripe.identity.VerificationSession) -> list[str]:
    events = [json.loads(body) for body, _ in hooks.taken]
    mine = [event for event in events if event["data"]["object"]["id"] == session.id]
    return sorted(event["type"].rpartition(".")[2] for event in mine)


def test_session_is_verified_when_a_good_document_is_handed_in(sessions, control) -> None:
    session = sessions.create(ASKED)
    assert hand_in(session) == BACK
    done = looked_at(sessions, session, control)
    assert (done.status, done.url, done.last_error) == ("verified", None, None)


@pytest.mark.parametrize("code", FAILURES)
def test_session_wants_another_document_when_one_has_failed(sessions, control, code) -> None:
    session = sessions.create(ASKED)
    hand_in(session, code)
    failed = looked_at(sessions, session, control)
    assert (failed.status, failed.last_error.code) == ("requires_input", code)
    hand_in(failed)
    assert looked_at(sessions, session, control).status == "verified"


def test_nothing_happens_when_somebody_goes_away_again(sessions) -> None:
    session = sessions.create(ASKED)
    assert hand_in(session, "later") == BACK
    assert sessions.retrieve(session.id).status == "requires_input"


def test_page_shows_what_may_be_handed_in(sessions) -> None:
    page = httpx.get(sessions.create(ASKED).url).text
    assert all(reason in page for reason in FAILURES.values())


def test_platform_is_told_of_every_turn(sessions, control, hooks) -> None:
    session = sessions.create(ASKED)
    hand_in(session, "document_expired")
    hand_in(looked_at(sessions, session, control))
    looked_at(sessions, session, control)
    turns = ["created", "processing", "processing", "requires_input", "verified"]
    eventually(lambda: told(hooks, session) == turns)


def test_page_is_over_when_it_was_called_off(sessions) -> None:
    session = sessions.create(ASKED)
    assert sessions.cancel(session.id).status == "canceled"
    answer = httpx.post(session.url, data={"answer": "genuine"})
    assert "Nothing to hand in" in answer.text
    assert sessions.retrieve(session.id).status == "canceled"


def test_cancel_is_refused_when_a_document_is_being_looked_at(sessions, control) -> None:
    session = sessions.create(ASKED)
    hand_in(session)
    with pytest.raises(stripe.InvalidRequestError):
        sessions.cancel(looked_at(sessions, session, control).id)


def test_create_answers_the_same_under_the_same_key(sessions) -> None:
    key = {"idempotency_key": "one person"}
    assert sessions.create(ASKED, key).id == sessions.create(ASKED, key).id
    with pytest.raises(stripe.IdempotencyError):
        sessions.create({"type": "document"}, key)


@pytest.mark.parametrize("params", [{}, {"type": "palm"}, {"type": "document", "name": "Noor"}])
def test_create_is_refused_when_it_asks_for_what_there_is_not(sessions, params) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        sessions.create(params)
