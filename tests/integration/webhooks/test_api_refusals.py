"""Requests that are refused, so that nothing is written."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy.orm import sessionmaker

from souk.core.db import make_engine
from souk.core.ids import TimeOrderedIds
from souk.core.unit_of_work import UnitOfWork
from souk.modules.webhooks.domain import MAX_ENDPOINTS
from tests.support.account_builders import a_session, an_account
from tests.support.clock import MovableClock
from tests.support.http import Api
from tests.support.market import refused
from tests.support.order_builders import an_order
from tests.support.webhook_api import Uses, hooks_api
from tests.support.webhook_builders import a_move, an_endpoint, announce, send_due, sender_on

PATH = "/api/webhooks/endpoints"
URL = "https://shop.example/hooks"
NOBODYS = "whe_01h455vb4pex5vsknk084sn02q"
NO_DELIVERY = "whd_01h455vb4pex5vsknk084sn02q"


@pytest.fixture(scope="module")
def shared(databases) -> Iterator[tuple[Api, UnitOfWork]]:
    """A client that the tests share, since none of them writes anything."""
    url = databases.migrated()
    engine = make_engine(url, pool_size=2)
    uow = UnitOfWork(sessionmaker(engine), MovableClock(), TimeOrderedIds())
    with hooks_api(url, uow, Uses()) as api:
        yield api, uow
    engine.dispose()
    databases.drop(url)


@pytest.fixture(scope="module")
def api(shared) -> Api:
    return shared[0]


@pytest.fixture(scope="module")
def made(shared) -> str:
    """An endpoint of sofia's."""
    return an_endpoint(shared[1], an_account(shared[1], "sofia"), URL).endpoint.id


@pytest.fixture(scope="module")
def token(shared) -> str:
    return a_session(shared[1], "sofia")


@pytest.fixture(scope="module")
def stranger(shared) -> str:
    return a_session(shared[1], "bob")


ON_ENDPOINT = [
    ("GET", "", None),
    ("PATCH", "", {"description": "mine now"}),
    ("DELETE", "", None),
    ("POST", "/rotate", {}),
    ("POST", "/test", None),
    ("GET", "/deliveries", None),
]


@pytest.mark.pitfall("H3")
@pytest.mark.parametrize(("method", "path", "body"), ON_ENDPOINT)
def test_endpoint_is_not_found_when_it_is_anothers(
    api, token, stranger, made, method: str, path: str, body
) -> None:
    before = api("GET", f"{PATH}/{made}", token=token).json()
    answers = [
        refused(api(method, f"{PATH}/{one}{path}", body, token=stranger, key=uuid4().hex))
        for one in (made, NOBODYS)
    ]
    assert answers == [(404, "webhook_endpoint_not_found")] * 2
    assert api("GET", f"{PATH}/{made}", token=token).json() == before


@pytest.mark.pitfall("H3")
def test_replay_is_not_found_when_the_delivery_is_anothers(
    api, shared, token, stranger, made
) -> None:
    _, uow = shared
    announce(uow, a_move(an_order(uow).id))
    sender = sender_on(uow, MovableClock())
    send_due(sender)
    (delivery,) = api("GET", f"{PATH}/{made}/deliveries", token=token).json()["data"]
    for number in (delivery["id"], NO_DELIVERY):
        path = f"/api/webhooks/deliveries/{number}/replay"
        refusal = refused(api("POST", path, token=stranger, key=uuid4().hex))
        assert refusal == (404, "webhook_delivery_not_found")
    assert send_due(sender) == 0


@pytest.mark.parametrize(("method", "path", "body"), [*ON_ENDPOINT, ("POST", "", {"url": "x"})])
def test_nobody_may_do_anything_when_nobody_is_signed_in(
    api, made, method: str, path: str, body
) -> None:
    where = PATH if body == {"url": "x"} else f"{PATH}/{made}{path}"
    assert refused(api(method, where, body, key=uuid4().hex))[0] == 401


WRONG = [
    ({"url": ""}, "/url"),
    ({"url": "https://shop.example/" + "x" * 2_048}, "/url"),
    ({"url": 7}, "/url"),
    ({"url": "https://shop.example/", "description": "x" * 201}, "/description"),
    ({"url": "https://shop.example/", "events": []}, "/events"),
    ({"url": "https://shop.example/", "events": ["payment.stolen"]}, "/events/0"),
    ({"url": "https://shop.example/", "events": ["endpoint.ping"]}, "/events/0"),
    ({"url": "https://shop.example/", "secret": "whsec_mine"}, "/secret"),
    ({}, "/url"),
]


@pytest.mark.parametrize(("body", "pointer"), WRONG)
def test_create_points_at_the_field_when_it_is_wrong(api, token, body, pointer: str) -> None:
    refusal = api("POST", PATH, body, token=token, key=uuid4().hex).json()
    assert (refusal["status"], refusal["code"]) == (422, "invalid_request")
    assert [error["pointer"] for error in refusal["errors"]] == [pointer]


@pytest.mark.pitfall("P21")
@pytest.mark.parametrize(
    "url", ["http://shop.example/", "https://169.254.169.254/latest", "https://[::ffff:a00:1]/"]
)
def test_create_points_at_the_address_when_nothing_may_be_sent_there(api, token, url) -> None:
    refusal = api("POST", PATH, {"url": url}, token=token, key=uuid4().hex)
    assert refused(refusal) == (422, "webhook_endpoint_unfit")
    assert [error["pointer"] for error in refusal.json()["errors"]] == ["/url"]


@pytest.mark.parametrize("field", ["url", "description", "enabled"])
def test_edit_refuses_to_remove_what_is_required(api, token, made, field: str) -> None:
    refusal = api("PATCH", f"{PATH}/{made}", {field: None}, token=token)
    assert refused(refusal) == (422, "invalid_request")


@pytest.mark.parametrize("seconds", [-1, 604_801, 1.5, "60"])
def test_rotate_refuses_when_the_old_secret_is_to_stay_for_how_long(
    api, token, made, seconds
) -> None:
    path = f"{PATH}/{made}/rotate"
    refusal = api("POST", path, {"keep_old_seconds": seconds}, token=token, key=uuid4().hex)
    assert refused(refusal) == (422, "invalid_request")


def test_create_refuses_when_the_address_is_there_already(api, token, made) -> None:
    refusal = api("POST", PATH, {"url": URL}, token=token, key=uuid4().hex)
    assert refused(refusal) == (409, "webhook_endpoint_exists")


def test_create_refuses_when_there_are_enough(api, shared) -> None:
    busy = an_account(shared[1], "busy")
    for number in range(MAX_ENDPOINTS):
        an_endpoint(shared[1], busy, f"{URL}/{number}")
    token = a_session(shared[1], "busy")
    refusal = api("POST", PATH, {"url": f"{URL}/more"}, token=token, key=uuid4().hex)
    assert refused(refusal) == (409, "too_many_webhook_endpoints")
