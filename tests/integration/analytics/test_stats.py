"""A store in numbers."""

import pytest

from souk.modules.analytics.api import router
from souk.modules.analytics.schemas import SellerStatsOut
from souk.modules.orders.domain import Actor, OrderStatus
from souk.modules.sellers.domain import SellerStatus
from tests.support.account_builders import accounts_on, an_account
from tests.support.catalog_builders import a_listing
from tests.support.http import Api, assembled
from tests.support.order_builders import PATHS, move, place
from tests.support.seller_builders import a_profile, a_seller, sellers_on, suspend


@pytest.fixture
def uow(committing_uow):
    return committing_uow


@pytest.fixture
def api(database_url, uow):
    authenticate = accounts_on(uow).authenticate
    container = assembled(database_url, uow, router, services={}, authenticate=authenticate)
    with Api(container) as api:
        yield api


def stats(api, reference):
    answer = api("GET", f"/api/marketplace/sellers/{reference}/stats")
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert SellerStatsOut.model_validate(shown).model_dump(mode="json") == shown
    return shown


def test_stats_of_a_new_store_are_empty(api, uow):
    store = a_seller(uow)
    assert stats(api, "SOFIA-shop") == {
        "seller_id": store.id,
        "since": "2026-03-01T12:00:00.000Z",
        "sales": 0,
        "completion_rate": None,
        "dispute_rate": None,
        "answer_seconds": None,
    }


@pytest.fixture
def orders(uow):
    """One order of a store in each status, and one that was paid and then cancelled."""
    store = a_seller(uow)
    found = [order_of(uow, store, status) for status in OrderStatus]
    refunded = order_of(uow, store, OrderStatus.PAID)
    move(uow, refunded, "cancel", Actor.SELLER)
    return store, found


def order_of(uow, store, status):
    """The id of an order with this status."""
    listing = a_listing(uow, store)
    (order,) = place(uow, an_account(uow, "bruno"), (listing.id, 1)).orders
    for verb, actor in PATHS[status]:
        move(uow, order.id, verb, actor)
    return order.id


def test_stats_count_what_was_completed_among_what_was_paid_and_has_ended(api, orders):
    store, _ = orders
    shown = stats(api, store.id)
    assert (shown["sales"], shown["completion_rate"]) == (1, "0.5000")


def test_stats_change_with_the_order_that_is_completed(api, uow, orders):
    store, found = orders
    sent = found[list(OrderStatus).index(OrderStatus.SHIPPED)]
    move(uow, sent, "complete", Actor.CHAIN)
    shown = stats(api, store.id)
    assert (shown["sales"], shown["completion_rate"]) == (2, "0.6667")


def test_stats_count_no_orders_of_another_store(api, uow, orders):
    other = a_seller(uow, "stefan")
    assert stats(api, other.id)["sales"] == 0


def test_stats_of_a_suspended_store_stay(api, uow, orders):
    store, _ = orders
    suspend(uow, store)
    assert stats(api, store.id)["sales"] == 1


def test_stats_of_a_draft_are_hidden(api, uow):
    opening = sellers_on(uow, starts_as=SellerStatus.DRAFT)
    draft = opening.create(an_account(uow, "sofia"), a_profile("sofia"))
    for reference in (draft.id, "nobody"):
        answer = api("GET", f"/api/marketplace/sellers/{reference}/stats")
        assert (answer.status_code, answer.json()["code"]) == (404, "seller_not_found")


def test_stats_leave_out_what_was_called_off_after_its_payment_was_undone(api, uow):
    store = a_seller(uow)
    order_id = order_of(uow, store, OrderStatus.PAID)
    move(uow, order_id, "unpay", Actor.CHAIN)
    move(uow, order_id, "cancel", Actor.BUYER)
    assert stats(api, store.id)["completion_rate"] is None
