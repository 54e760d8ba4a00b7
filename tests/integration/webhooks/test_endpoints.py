"""What an account does with its endpoints."""

import pytest
from sqlalchemy import text

from souk.core.ids import UnknownId
from souk.modules.webhooks.domain import MAX_ENDPOINTS, EndpointWish
from souk.modules.webhooks.errors import (
    EndpointExists,
    EndpointNotFound,
    EndpointUnfit,
    TooManyEndpoints,
)
from tests.support.account_builders import an_account
from tests.support.webhook_builders import an_endpoint, endpoints_on, the_endpoint

URL = "https://shop.example/hooks"
LIVE = "SELECT count(*) FROM webhook_endpoint WHERE deleted_at IS NULL"


@pytest.fixture
def endpoints(uow):
    return endpoints_on(uow)


def test_create_shows_a_secret_that_is_stored_sealed(uow, sofia, session) -> None:
    made = an_endpoint(uow, sofia)
    stored = bytes(the_endpoint(session)["secret"])
    assert made.secret.startswith("whsec_")
    assert made.secret.removeprefix("whsec_").encode() not in stored
    assert b"0000" not in stored
    assert made.secret not in repr(made)


def test_create_refuses_when_the_account_has_its_number(uow, sofia) -> None:
    for number in range(MAX_ENDPOINTS):
        an_endpoint(uow, sofia, f"{URL}/{number}")
    with pytest.raises(TooManyEndpoints):
        an_endpoint(uow, sofia)
    assert an_endpoint(uow, an_account(uow, "bob")).endpoint.url == URL


def test_create_makes_room_again_when_one_is_deleted(uow, sofia, endpoints) -> None:
    made = [an_endpoint(uow, sofia, f"{URL}/{n}").endpoint for n in range(MAX_ENDPOINTS)]
    endpoints.remove(sofia, made[0].id)
    assert an_endpoint(uow, sofia, made[0].url).endpoint.id != made[0].id


def test_create_refuses_when_the_address_is_there_already(uow, sofia) -> None:
    an_endpoint(uow, sofia)
    with pytest.raises(EndpointExists):
        an_endpoint(uow, sofia)
    assert an_endpoint(uow, an_account(uow, "bob")).endpoint.url == URL


@pytest.mark.pitfall("P21")
@pytest.mark.parametrize(
    "url", ["http://shop.example/", "https://169.254.169.254/", "https://[::ffff:7f00:1]/"]
)
def test_create_refuses_when_nothing_may_be_sent_there(uow, sofia, session, url: str) -> None:
    with pytest.raises(EndpointUnfit):
        an_endpoint(uow, sofia, url)
    assert session.scalar(text(LIVE)) == 0


@pytest.mark.pitfall("P21")
def test_edit_refuses_when_nothing_may_be_sent_there(uow, sofia, endpoints, session) -> None:
    made = an_endpoint(uow, sofia).endpoint
    with pytest.raises(EndpointUnfit):
        endpoints.edit(sofia, made.id, {"url": "https://169.254.169.254/"})
    assert the_endpoint(session)["url"] == URL


def test_edit_changes_the_fields_that_are_sent(uow, sofia, endpoints, clock) -> None:
    made = an_endpoint(uow, sofia, events=["payment.created"]).endpoint
    clock.advance(seconds=5)
    edited = endpoints.edit(sofia, made.id, {"description": "New"})
    assert (edited.url, edited.description, edited.events) == (URL, "New", ("payment.created",))
    assert edited.updated_at > made.updated_at
    assert endpoints.edit(sofia, made.id, {"events": None}).events is None


def test_edit_refuses_when_another_endpoint_has_the_address(uow, sofia, endpoints) -> None:
    an_endpoint(uow, sofia)
    other = an_endpoint(uow, sofia, f"{URL}/2").endpoint
    with pytest.raises(EndpointExists):
        endpoints.edit(sofia, other.id, {"url": URL})


def test_edit_disables_and_enables(uow, sofia, endpoints) -> None:
    made = an_endpoint(uow, sofia).endpoint
    stopped = endpoints.edit(sofia, made.id, {}, enabled=False)
    again = endpoints.edit(sofia, made.id, {}, enabled=True)
    assert (stopped.disabled_reason, again.disabled_reason) == ("owner", None)


def test_remove_keeps_no_secret(uow, sofia, endpoints, session) -> None:
    made = an_endpoint(uow, sofia).endpoint
    endpoints.rotate(sofia, made.id)
    endpoints.remove(sofia, made.id)
    stored = the_endpoint(session)
    assert (stored["secret"], stored["old_secret"]) == (None, None)


def test_rotate_makes_another_secret_each_time(uow, sofia, endpoints) -> None:
    made = an_endpoint(uow, sofia)
    secrets = {made.secret, *(endpoints.rotate(sofia, made.endpoint.id).secret for _ in range(3))}
    assert len(secrets) == 4


def test_rotate_ends_the_old_secret_at_once_when_told_to(uow, sofia, endpoints, session) -> None:
    made = an_endpoint(uow, sofia).endpoint
    endpoints.rotate(sofia, made.id)
    rotated = endpoints.rotate(sofia, made.id, keep_old_seconds=0)
    assert rotated.endpoint.old_secret_until is None
    assert the_endpoint(session)["old_secret"] is None


ACTS = {
    "edit": lambda endpoints, who, one: endpoints.edit(who, one, {"description": "mine"}),
    "remove": lambda endpoints, who, one: endpoints.remove(who, one),
    "rotate": lambda endpoints, who, one: endpoints.rotate(who, one),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_endpoint_is_not_found_when_it_is_anothers(uow, sofia, endpoints, session, act) -> None:
    made = an_endpoint(uow, sofia).endpoint
    before = the_endpoint(session)
    with pytest.raises(EndpointNotFound):
        act(endpoints, an_account(uow, "bob"), made.id)
    assert the_endpoint(session) == before


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_endpoint_is_not_found_when_it_is_deleted(uow, sofia, endpoints, act) -> None:
    made = an_endpoint(uow, sofia).endpoint
    endpoints.remove(sofia, made.id)
    with pytest.raises(EndpointNotFound):
        act(endpoints, sofia, made.id)


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_endpoint_is_not_found_when_the_id_is_of_something_else(sofia, endpoints, act) -> None:
    with pytest.raises(UnknownId):
        act(endpoints, sofia, "ord_01h455vb4pex5vsknk084sn02q")


def test_wish_asks_for_everything_unless_it_says_what(uow, sofia, endpoints) -> None:
    made = endpoints.create(sofia, EndpointWish(url=URL))
    assert made.endpoint.events is None
