"""`/api/webhooks` over HTTP."""

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from souk.modules.webhooks.domain import DELAYS_SECONDS
from tests.support.account_builders import a_session
from tests.support.http import Api
from tests.support.market import refused
from tests.support.merchant import Answer
from tests.support.order_builders import an_order
from tests.support.webhook_api import Uses, hooks_api
from tests.support.webhook_builders import a_move, announce, is_signed, send_due, sender_on

PATH = "/api/webhooks/endpoints"


@pytest.fixture
def uow(committing_uow):
    return committing_uow


@pytest.fixture
def limiter() -> Uses:
    return Uses()


@pytest.fixture
def api(database_url, uow, limiter) -> Iterator[Api]:
    with hooks_api(database_url, uow, limiter) as api:
        yield api


@pytest.fixture
def token(uow) -> str:
    return a_session(uow, "sofia")


@pytest.fixture
def stranger(uow) -> str:
    return a_session(uow, "bob")


@pytest.fixture
def made(api, token, server) -> dict:
    answer = api("POST", PATH, {"url": server.url}, token=token, key="make")
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
def deliver(uow, clock):
    """Announce a move of an order to sofia's store, and try what is due."""
    order_id = an_order(uow).id

    def deliver(*event_ids: str) -> None:
        for event_id in event_ids:
            announce(uow, a_move(order_id), event_id)
        send_due(sender_on(uow, clock))

    return deliver


def without(document: dict, *names: str) -> dict:
    return {name: value for name, value in document.items() if name not in names}


def log_of(api, endpoint: dict, token: str, query: str = "") -> list[dict]:
    page = api("GET", f"{PATH}/{endpoint['id']}/deliveries{query}", token=token)
    assert page.status_code == 200, page.text
    return page.json()["data"]


def test_create_answers_with_the_endpoint_and_its_secret(made, server) -> None:
    assert made == {
        "id": made["id"],
        "url": server.url,
        "description": "",
        "events": None,
        "enabled": True,
        "secret": made["secret"],
        **dict.fromkeys(["disabled_at", "disabled_reason", "failing_since", "old_secret_until"]),
        "created_at": "2026-03-01T12:00:00.000Z",
        "updated_at": "2026-03-01T12:00:00.000Z",
    }
    assert made["secret"].startswith("whsec_")


def test_secret_is_shown_once_and_kept_in_no_record(api, engine, token, made, server) -> None:
    again = api("POST", PATH, {"url": server.url}, token=token, key="make")
    assert (again.status_code, again.json()) == (201, {**made, "secret": None})
    shown = [api("GET", path, token=token).text for path in (PATH, f"{PATH}/{made['id']}")]
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT string_agg(body, '') FROM idempotency_key")).scalar()
    assert made["secret"] not in "".join([*shown, again.text, kept])


def test_rotate_shows_the_new_secret_once(api, engine, token, made) -> None:
    path = f"{PATH}/{made['id']}/rotate"
    first, again = (api("POST", path, {}, token=token, key="turn") for _ in range(2))
    assert (first.status_code, again.json()) == (200, {**first.json(), "secret": None})
    assert first.json()["secret"] not in (None, made["secret"])
    assert first.json()["old_secret_until"] == "2026-03-02T12:00:00.000Z"
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT string_agg(body, '') FROM idempotency_key")).scalar()
    assert first.json()["secret"] not in kept


def test_endpoints_are_listed_and_read_as_they_were_made(api, token, stranger, made) -> None:
    shown = without(made, "secret")
    assert api("GET", PATH, token=token).json() == {"data": [shown]}
    assert api("GET", f"{PATH}/{made['id']}", token=token).json() == shown
    assert api("GET", PATH, token=stranger).json() == {"data": []}


def test_edit_answers_with_what_reading_shows(api, token, made) -> None:
    path, body = f"{PATH}/{made['id']}", {"events": ["payment.created"] * 2, "enabled": False}
    edited = api("PATCH", path, body, token=token).json()
    assert (edited["events"], edited["enabled"], edited["disabled_reason"]) == (
        ["payment.created"],
        False,
        "owner",
    )
    assert api("GET", path, token=token).json() == edited


def test_delete_leaves_nothing_to_be_seen(api, token, made) -> None:
    path = f"{PATH}/{made['id']}"
    assert api("DELETE", path, token=token).status_code == 204
    assert refused(api("GET", path, token=token)) == (404, "webhook_endpoint_not_found")
    assert refused(api("GET", f"{path}/deliveries", token=token))[0] == 404
    assert api("GET", PATH, token=token).json() == {"data": []}


def test_log_tells_what_was_sent_and_what_came_of_it(api, token, made, server, deliver) -> None:
    server.answers = [Answer(500, b"out of order")]
    deliver("evt_1")
    (delivery,) = log_of(api, made, token)
    (attempt,) = delivery["attempts"]
    assert without(delivery, "id", "attempts") == {
        "event_id": "evt_1",
        "type": "order.status_changed",
        "state": "pending",
        "body": json.loads(server.hooks[0].body),
        "created_at": "2026-03-01T12:00:00.000Z",
        "sent_at": None,
        "failed_at": None,
        "next_attempt_at": "2026-03-01T12:00:05.000Z",
    }
    assert without(attempt, "took_ms") == {
        "number": 1,
        "started_at": "2026-03-01T12:00:00.000Z",
        "status": 500,
        "answer": "out of order",
        "error": None,
    }
    assert api("GET", f"{PATH}/{made['id']}", token=token).json()["failing_since"] is not None


def test_log_comes_in_pages_the_newest_first(api, token, made, deliver) -> None:
    deliver("evt_1", "evt_2", "evt_3")
    first = api("GET", f"{PATH}/{made['id']}/deliveries?limit=2", token=token).json()
    rest = log_of(api, made, token, f"?limit=2&cursor={first['next_cursor']}")
    assert [one["event_id"] for one in [*first["data"], *rest]] == ["evt_3", "evt_2", "evt_1"]


@pytest.mark.parametrize(
    ("state", "expected"), [("sent", ["evt_1"]), ("failed", ["evt_2"]), ("pending", ["evt_3"])]
)
def test_log_is_narrowed_to_a_state(
    api, engine, token, made, deliver, state: str, expected: list[str]
) -> None:
    deliver("evt_1", "evt_2", "evt_3")
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE webhook_delivery SET sent_at = NULL,"
                " failed_at = CASE event_id WHEN 'evt_2' THEN now() END WHERE event_id <> 'evt_1'"
            )
        )
    assert [one["event_id"] for one in log_of(api, made, token, f"?state={state}")] == expected


def test_cursor_of_another_endpoint_is_refused(api, token, made, deliver, server) -> None:
    deliver("evt_1", "evt_2")
    first = api("GET", f"{PATH}/{made['id']}/deliveries?limit=1", token=token).json()
    other = api("POST", PATH, {"url": f"{server.url}/2"}, token=token, key="other").json()
    path = f"{PATH}/{other['id']}/deliveries?cursor={first['next_cursor']}"
    assert refused(api("GET", path, token=token)) == (422, "bad_cursor")


def test_replay_sends_again(api, uow, token, made, server, clock, deliver) -> None:
    deliver("evt_1")
    (delivery,) = log_of(api, made, token)
    begun = api("POST", f"/api/webhooks/deliveries/{delivery['id']}/replay", token=token, key="r")
    assert (begun.status_code, begun.json()) == (
        202,
        {
            "id": delivery["id"],
            "endpoint_id": made["id"],
            "event_id": "evt_1",
            "type": "order.status_changed",
            "created_at": delivery["created_at"],
        },
    )
    send_due(sender_on(uow, clock))
    assert server.ids == ["evt_1", "evt_1"]


def test_replay_is_refused_while_the_delivery_is_tried(api, token, made, server, deliver) -> None:
    server.answers = [Answer(500)]
    deliver("evt_1")
    (delivery,) = log_of(api, made, token)
    path = f"/api/webhooks/deliveries/{delivery['id']}/replay"
    refusal = api("POST", path, token=token, key="r")
    assert refused(refusal) == (409, "webhook_delivery_pending")
    assert refusal.json()["next_attempt_at"] == "2026-03-01T12:00:05.000Z"
    assert DELAYS_SECONDS[0] == 5


def test_test_sends_a_ping(api, uow, token, made, server, clock) -> None:
    begun = api("POST", f"{PATH}/{made['id']}/test", token=token, key="t")
    send_due(sender_on(uow, clock))
    (hook,) = server.hooks
    assert (begun.status_code, begun.json()["event_id"]) == (202, hook.id)
    assert json.loads(hook.body)["type"] == "endpoint.ping"
    assert is_signed(hook, made["secret"])


def test_nothing_is_sent_by_hand_while_the_endpoint_is_disabled(api, token, made, deliver) -> None:
    deliver("evt_1")
    (delivery,) = log_of(api, made, token)
    api("PATCH", f"{PATH}/{made['id']}", {"enabled": False}, token=token)
    paths = [f"{PATH}/{made['id']}/test", f"/api/webhooks/deliveries/{delivery['id']}/replay"]
    answers = [refused(api("POST", path, token=token, key=path)) for path in paths]
    assert answers == [(409, "webhook_endpoint_disabled")] * 2


def test_sending_by_hand_is_limited(api, token, made, limiter, deliver) -> None:
    deliver("evt_1")
    (delivery,) = log_of(api, made, token)
    limiter.left = 0
    paths = [f"{PATH}/{made['id']}/test", f"/api/webhooks/deliveries/{delivery['id']}/replay"]
    answers = [api("POST", path, token=token, key=path) for path in paths]
    assert [refused(answer) for answer in answers] == [(429, "too_many_webhook_resends")] * 2
    assert {answer.headers["retry-after"] for answer in answers} == {"60"}
