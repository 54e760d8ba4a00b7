"""T1: a checkout becomes orders."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from souk.modules.catalog.domain import ListingKind
from souk.modules.catalog.errors import (
    ListingNotFound,
    ListingNotPublished,
    ListingSoldOut,
    StoreOnHoliday,
)
from souk.modules.orders.domain import Actor, OrdersConfig, OrderStatus
from souk.modules.orders.errors import (
    CheckoutNotFound,
    EmptyCart,
    OrderNotFound,
    OwnListing,
    TooManyUnpaidCheckouts,
)
from tests.support.account_builders import an_account
from tests.support.catalog_builders import a_draft, a_listing, catalog_on, stock_of
from tests.support.order_builders import an_order, history_of, move, orders_on, place
from tests.support.seller_builders import a_seller, sellers_on

NOBODY = "prd_00000000000000000000000000"


def count(session, table: str) -> int:
    return session.scalar(text(f"SELECT count(*) FROM {table}"))


def test_place_makes_one_order_for_each_seller(uow, session) -> None:
    sofia, stefan = a_seller(uow), a_seller(uow, "stefan")
    jam, tea = a_listing(uow, sofia, price=1299), a_listing(uow, sofia, price=500)
    oil = a_listing(uow, stefan, price=2000)
    buyer = an_account(uow, "bruno")

    placed = place(uow, buyer, (oil.id, 1), (jam.id, 2), (tea.id, 1))

    totals = {order.seller_id: order.total.amount for order in placed.orders}
    assert totals == {sofia.id: 2 * 1299 + 500, stefan.id: 2000}
    assert placed.total.amount == sum(totals.values())
    assert {order.checkout_id for order in placed.orders} == {placed.checkout_id}
    assert stock_of(session, jam.id) == (5, 2)


def test_place_is_refused_when_the_store_is_on_holiday(uow) -> None:
    store = a_seller(uow)
    listing, buyer = a_listing(uow, store), an_account(uow, "bruno")
    away = {"on_holiday": True, "holiday_note": "Back in May."}
    sellers_on(uow).edit(store.principal, store.id, away, version=1)

    with pytest.raises(StoreOnHoliday) as refused:
        place(uow, buyer, (listing.id, 1))

    assert refused.value.context["note"] == "Back in May."
    sellers_on(uow).edit(store.principal, store.id, {"on_holiday": False}, version=2)
    assert place(uow, buyer, (listing.id, 1)).orders


def test_order_goes_on_when_its_store_is_on_holiday(uow) -> None:
    order = an_order(uow, OrderStatus.PAID)
    sofia = an_account(uow, "sofia")
    sellers_on(uow).edit(sofia, order.seller_id, {"on_holiday": True}, version=1)

    moved = move(uow, order.id, "accept", Actor.SELLER)

    assert moved is not None
    assert moved.status is OrderStatus.PROCESSING


def test_place_snapshots_the_lines(uow) -> None:
    store = a_seller(uow)
    listing = a_listing(uow, store, price=1000)
    (order,) = place(uow, an_account(uow, "bruno"), (listing.id, 2)).orders
    catalog_on(uow).edit(store.principal, listing.id, {"title": "Dearer jam"}, version=2)

    with uow.begin() as tx:
        kept = orders_on(uow).get(tx, order.id)

    assert kept == order
    (line,) = kept.lines
    assert (line.title, line.total.amount, line.kind) == ("Fig jam", 2000, ListingKind.PHYSICAL)
    assert (kept.handling_days, kept.transit_days) == (2, 7)
    assert kept.payouts == store.seller.payouts


def test_place_starts_the_history_and_holds_stock_for_a_while(uow, session, clock) -> None:
    order = an_order(uow)

    assert history_of(session, order.id) == [(None, "pending_payment", "buyer")]
    assert order.expires_at == clock.now() + timedelta(minutes=15)
    names = session.scalars(
        text("SELECT name FROM outbox WHERE aggregate = :id ORDER BY sequence"), {"id": order.id}
    )
    assert list(names) == ["order.placed", "order.status_changed"]


def test_place_finds_what_the_same_request_placed(uow, session) -> None:
    listing = a_listing(uow, a_seller(uow), on_hand=1)
    buyer = an_account(uow, "bruno")

    first = place(uow, buyer, (listing.id, 1), request_key="req_1")
    again = place(uow, buyer, (listing.id, 1), request_key="req_1")

    assert again == first
    assert stock_of(session, listing.id) == (1, 1)


@pytest.mark.pitfall("P15")
def test_place_is_another_checkout_when_another_buyer_uses_the_key(uow) -> None:
    listing = a_listing(uow, a_seller(uow))

    first = place(uow, an_account(uow, "bruno"), (listing.id, 1), request_key="req_1")
    other = place(uow, an_account(uow, "bella"), (listing.id, 1), request_key="req_1")

    assert other.checkout_id != first.checkout_id


def test_place_is_another_checkout_when_there_is_no_key(uow) -> None:
    listing = a_listing(uow, a_seller(uow))
    buyer = an_account(uow, "bruno")

    first, second = place(uow, buyer, (listing.id, 1)), place(uow, buyer, (listing.id, 1))

    assert first.checkout_id != second.checkout_id


def test_place_writes_nothing_when_one_line_is_sold_out(uow, session) -> None:
    jam = a_listing(uow, a_seller(uow), on_hand=5)
    oil = a_listing(uow, a_seller(uow, "stefan"), on_hand=1)

    with pytest.raises(ListingSoldOut) as refusal:
        place(uow, an_account(uow, "bruno"), (jam.id, 1), (oil.id, 2))

    assert refusal.value.context == {"listing_id": oil.id, "wanted": 2, "available": 1}
    assert (count(session, "orders"), count(session, "checkout")) == (0, 0)
    assert stock_of(session, jam.id) == (5, 0)


def test_place_is_refused_when_the_buyer_owns_the_store(uow, session) -> None:
    store = a_seller(uow)
    listing = a_listing(uow, store)

    with pytest.raises(OwnListing):
        place(uow, store.principal, (listing.id, 1))

    assert count(session, "orders") == 0


def test_place_is_refused_when_the_cart_is_empty(uow) -> None:
    with pytest.raises(EmptyCart):
        place(uow, an_account(uow))


def test_place_is_refused_when_the_listing_is_unknown(uow) -> None:
    with pytest.raises(ListingNotFound):
        place(uow, an_account(uow), (NOBODY, 1))


def test_place_is_refused_when_the_listing_is_not_on_sale(uow) -> None:
    store = a_seller(uow)
    draft, listing = a_draft(uow, store), a_listing(uow, store)
    catalog_on(uow).unpublish(store.principal, listing.id)

    with pytest.raises(ListingNotFound):
        place(uow, an_account(uow, "bruno"), (draft.id, 1))
    with pytest.raises(ListingNotPublished):
        place(uow, an_account(uow, "bruno"), (listing.id, 1))


def fill_up(uow, buyer, listing_id: str) -> list:
    """As many unpaid checkouts as one buyer may have."""
    most = OrdersConfig().max_unpaid_checkouts
    return [place(uow, buyer, (listing_id, 1), request_key=f"req_{n}") for n in range(most)]


def test_place_is_refused_when_too_many_checkouts_wait_for_payment(uow, session) -> None:
    listing = a_listing(uow, a_seller(uow), on_hand=20)
    buyer = an_account(uow, "bruno")
    waiting = fill_up(uow, buyer, listing.id)

    with pytest.raises(TooManyUnpaidCheckouts) as refusal:
        place(uow, buyer, (listing.id, 1))

    assert refusal.value.context == {"limit": len(waiting)}
    assert "pay or cancel" in refusal.value.detail
    assert stock_of(session, listing.id) == (20, len(waiting))


@pytest.mark.parametrize("verb", ["mark_paid", "cancel", "expire"])
def test_place_goes_on_when_one_checkout_waits_no_more(uow, verb) -> None:
    listing = a_listing(uow, a_seller(uow), on_hand=20)
    buyer = an_account(uow, "bruno")
    (order,) = fill_up(uow, buyer, listing.id)[0].orders

    move(uow, order.id, verb, Actor.SYSTEM)

    assert place(uow, buyer, (listing.id, 1)).orders


def test_place_finds_its_checkout_when_there_is_no_room_for_another(uow) -> None:
    listing = a_listing(uow, a_seller(uow), on_hand=20)
    buyer = an_account(uow, "bruno")
    waiting = fill_up(uow, buyer, listing.id)

    assert place(uow, buyer, (listing.id, 1), request_key="req_3") == waiting[3]


def test_place_counts_a_checkout_once_when_it_has_several_orders(uow) -> None:
    jam, oil = (a_listing(uow, a_seller(uow, who)) for who in ("sofia", "stefan"))
    buyer, orders = an_account(uow, "bruno"), orders_on(uow, max_unpaid_checkouts=2)

    with uow.begin() as tx:
        for _ in range(2):
            orders.place(tx, buyer.account_id, [(jam.id, 1), (oil.id, 1)], None)
        with pytest.raises(TooManyUnpaidCheckouts):
            orders.place(tx, buyer.account_id, [(jam.id, 1)], None)


def test_extend_keeps_the_stock_longer_and_never_shorter(uow) -> None:
    order = an_order(uow)
    orders = orders_on(uow)
    later = order.expires_at + timedelta(minutes=10)

    with uow.begin() as tx:
        orders.extend_reservation(tx, order.checkout_id, later)
        orders.extend_reservation(tx, order.checkout_id, order.expires_at)
        found = orders.get_checkout(tx, order.checkout_id)

    assert found.expires_at == later


def test_find_placed_knows_only_what_was_placed(uow) -> None:
    buyer = an_account(uow, "bruno")

    with uow.begin() as tx:
        assert orders_on(uow).find_placed(tx, buyer.account_id, "req_1") is None
        assert orders_on(uow).find_placed(tx, buyer.account_id, None) is None


def test_lock_answers_in_order_of_id(uow) -> None:
    jam, oil = a_listing(uow, a_seller(uow)), a_listing(uow, a_seller(uow, "stefan"))
    placed = place(uow, an_account(uow, "bruno"), (jam.id, 1), (oil.id, 1))
    ids = [order.id for order in placed.orders]

    with uow.begin() as tx:
        locked = orders_on(uow).lock(tx, reversed(ids))
        of_checkout = orders_on(uow).lock_checkout(tx, placed.checkout_id)

    assert [order.id for order in locked] == sorted(ids)
    assert locked == of_checkout
    assert {order.status for order in locked} == {OrderStatus.PENDING_PAYMENT}


def test_fetches_are_refused_when_there_is_nothing_of_that_id(uow) -> None:
    orders = orders_on(uow)
    with uow.begin() as tx:
        for fetch in (orders.get, lambda tx, i: orders.lock(tx, [i])):
            with pytest.raises(OrderNotFound):
                fetch(tx, "ord_0")
        for fetch in (orders.get_checkout, orders.lock_checkout):
            with pytest.raises(CheckoutNotFound):
                fetch(tx, "chk_0")
