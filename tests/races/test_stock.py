"""Many buyers, little stock: real transactions in real threads."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from souk.modules.catalog.errors import ListingSoldOut, StockBelowReserved
from souk.modules.orders.domain import Actor, OrdersConfig
from souk.modules.orders.errors import TooManyUnpaidCheckouts
from tests.support.catalog_builders import a_listing, catalog_on, stock_of
from tests.support.order_builders import orders_on
from tests.support.seller_builders import a_seller
from tests.support.threads import at_once

THREADS = 8


@pytest.fixture
def uow(committing_uow):
    return committing_uow


def some_buyers(engine, count: int) -> list[str]:
    """Accounts that need no session: only their ids take part."""
    ids = [f"acc_{number:026d}" for number in range(count)]
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO account (id, roles, created_at) VALUES (:id, '{buyer}', now())"),
            [{"id": account_id} for account_id in ids],
        )
    return ids


def place(uow, buyer_id: str, wanted) -> object:
    """The checkout, or the refusal."""
    try:
        with uow.begin() as tx:
            placed = orders_on(uow).place(tx, buyer_id, wanted, None)
            tx.commit()
    except (ListingSoldOut, TooManyUnpaidCheckouts) as refusal:
        return refusal
    return placed


@pytest.mark.pitfall("O1")
@pytest.mark.pitfall("O2")
def test_last_item_is_sold_once_when_200_buyers_want_it(uow, engine) -> None:
    listing = a_listing(uow, a_seller(uow), on_hand=1)
    buyers = some_buyers(engine, 200)

    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(lambda buyer: place(uow, buyer, [(listing.id, 1)]), buyers))

    refusals = [answer for answer in answers if isinstance(answer, ListingSoldOut)]
    assert len(refusals) == 199
    assert {refusal.context["available"] for refusal in refusals} == {0}
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM orders")) == 1
        assert stock_of(connection, listing.id) == (1, 1)


def test_one_buyer_holds_little_stock_when_30_placements_run_at_once(uow, engine) -> None:
    listing = a_listing(uow, a_seller(uow), on_hand=30)
    (buyer,) = some_buyers(engine, 1)

    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(lambda _: place(uow, buyer, [(listing.id, 1)]), range(30)))

    most = OrdersConfig().max_unpaid_checkouts
    refused = [answer for answer in answers if isinstance(answer, TooManyUnpaidCheckouts)]
    assert len(refused) == 30 - most
    with engine.connect() as connection:
        assert stock_of(connection, listing.id) == (30, most)


@pytest.mark.pitfall("O1")
def test_stock_is_never_promised_twice_when_quantities_differ(uow, engine) -> None:
    listing = a_listing(uow, a_seller(uow), on_hand=10)
    buyers = some_buyers(engine, 24)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda n: place(uow, buyers[n], [(listing.id, 1 + n % 4)]), range(24)))

    with engine.connect() as connection:
        promised = connection.scalar(text("SELECT sum(quantity) FROM order_line"))
        assert stock_of(connection, listing.id) == (10, promised)
        assert 7 <= promised <= 10


def buy_and_give_back(uow, buyer_id: str, wanted) -> None:
    """A checkout that is placed, and whose orders are then cancelled in one transaction."""
    orders = orders_on(uow)
    with uow.begin() as tx:
        placed = orders.place(tx, buyer_id, wanted, None)
        tx.commit()
    with uow.begin() as tx:
        for order in orders.lock_checkout(tx, placed.checkout_id):
            orders.cancel(tx, order.id, actor=Actor.BUYER, reason="changed my mind")
        tx.commit()


def cross_carts(uow, engine, rounds: int) -> list[object]:
    """Carts of three out of four listings of two stores, in any order; returns refusals."""
    stores = [a_seller(uow, "sofia"), a_seller(uow, "stefan")]
    listings = [a_listing(uow, stores[n % 2], on_hand=10_000).id for n in range(4)]
    # Each thread has a buyer of its own: one buyer's placements follow each other anyway.
    buyers = some_buyers(engine, THREADS)

    def shop(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(rounds // THREADS):
            wanted = [(listing_id, 1) for listing_id in chance.sample(listings, 3)]
            buy_and_give_back(uow, buyers[seed], wanted)

    answers = at_once(THREADS, shop)
    with engine.connect() as connection:
        assert {stock_of(connection, listing_id) for listing_id in listings} == {(10_000, 0)}
    return [answer for answer in answers if answer is not None]


@pytest.mark.pitfall("O3")
def test_carts_never_deadlock_when_they_cross(uow, engine) -> None:
    assert cross_carts(uow, engine, 100) == []


@pytest.mark.deep
@pytest.mark.pitfall("O3")
def test_carts_never_deadlock_when_a_thousand_cross(uow, engine) -> None:
    assert cross_carts(uow, engine, 1000) == []


def test_stock_covers_every_promise_when_the_seller_counts_meanwhile(uow, engine) -> None:
    store = a_seller(uow)
    listing = a_listing(uow, store, on_hand=8)
    buyers = some_buyers(engine, 8)

    def act(number: int) -> object:
        if number:
            return place(uow, buyers[number], [(listing.id, 1)])
        return catalog_on(uow).set_stock(store.principal, listing.id, on_hand=3)

    answers = at_once(THREADS, act)

    with engine.connect() as connection:
        on_hand, reserved = stock_of(connection, listing.id)
    assert reserved <= on_hand
    refused = isinstance(answers[0], StockBelowReserved)
    assert (on_hand == 8) if refused else (on_hand == 3)
