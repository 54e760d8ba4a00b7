"""What orders do with stock: (on_hand, reserved) after each step."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from souk.modules.catalog.domain import ListingStatus
from souk.modules.catalog.errors import (
    ListingNotFound,
    ListingNotPublished,
    ListingSoldOut,
    ReservationEnded,
)
from tests.support.catalog_builders import a_draft, a_listing, catalog_on, stock_of
from tests.support.seller_builders import a_seller, suspend

RESERVED, SOLD, FREE = (5, 2), (3, 0), (5, 0)


def run(uow, order_id: str, *verbs: str) -> list[object]:
    """Call these functions of the catalogue in one transaction."""
    with uow.begin() as tx:
        answers = [getattr(catalog_on(uow), verb)(tx, order_id) for verb in verbs]
        tx.commit()
    return answers


@pytest.fixture
def listing(uow):
    return a_listing(uow, a_seller(uow), on_hand=5)


def reserve(uow, order_id: str, listing_id: str, quantity: int = 2) -> None:
    with uow.begin() as tx:
        catalog_on(uow).reserve(tx, order_id, [(listing_id, quantity)])
        tx.commit()


@pytest.mark.parametrize(
    ("verbs", "expected"),
    [
        ([], RESERVED),
        (["allocate"], SOLD),
        (["allocate", "allocate"], SOLD),
        (["allocate", "unallocate"], RESERVED),
        (["unallocate"], RESERVED),
        (["release"], FREE),
        (["release", "release"], FREE),
        (["allocate", "release"], FREE),
        (["release", "reserve_again"], RESERVED),
        (["reserve_again"], RESERVED),
        (["release", "reserve_again", "allocate"], SOLD),
    ],
)
def test_stock_follows_the_order(uow, session, listing, verbs, expected) -> None:
    reserve(uow, "ord_1", listing.id)

    run(uow, "ord_1", *verbs)

    assert stock_of(session, listing.id) == expected


def test_reserve_takes_nothing_more_when_it_is_repeated(uow, session, listing) -> None:
    reserve(uow, "ord_1", listing.id)
    reserve(uow, "ord_1", listing.id)

    assert stock_of(session, listing.id) == RESERVED


def test_reserve_says_how_many_are_left_when_there_are_too_few(uow, listing) -> None:
    reserve(uow, "ord_1", listing.id, 3)

    with pytest.raises(ListingSoldOut) as refusal:
        reserve(uow, "ord_2", listing.id, 3)

    assert refusal.value.context == {"listing_id": listing.id, "wanted": 3, "available": 2}


def test_reserve_keeps_nothing_when_one_line_is_sold_out(uow, session, listing) -> None:
    rare = a_listing(uow, a_seller(uow, "stefan"), on_hand=0)

    with pytest.raises(ListingSoldOut), uow.begin() as tx:
        catalog_on(uow).reserve(tx, "ord_1", [(listing.id, 1), (rare.id, 1)])

    assert stock_of(session, listing.id) == FREE


def test_allocate_is_refused_when_the_stock_was_given_back(uow, listing) -> None:
    reserve(uow, "ord_1", listing.id)

    with pytest.raises(ReservationEnded):
        run(uow, "ord_1", "release", "allocate")


def test_reserve_again_takes_nothing_when_one_line_has_gone(uow, session, listing) -> None:
    other = a_listing(uow, a_seller(uow, "stefan"), on_hand=1)
    with uow.begin() as tx:
        catalog_on(uow).reserve(tx, "ord_1", [(listing.id, 2), (other.id, 1)])
        tx.commit()
    run(uow, "ord_1", "release")
    reserve(uow, "ord_2", other.id, 1)

    assert run(uow, "ord_1", "reserve_again") == [False]
    assert stock_of(session, listing.id) == FREE


def test_release_of_an_unknown_order_moves_nothing(uow, session, listing) -> None:
    run(uow, "ord_9", "release", "allocate", "unallocate")

    assert stock_of(session, listing.id) == FREE


@pytest.mark.pitfall("O1")
@pytest.mark.parametrize("change", ["reserved = 6", "reserved = -1", "on_hand = -1"])
def test_database_refuses_stock_that_cannot_be(session, listing, change) -> None:
    with pytest.raises(IntegrityError):
        session.execute(text(f"UPDATE stock_item SET {change}"))


def test_snapshot_carries_what_an_order_keeps(uow) -> None:
    store = a_seller(uow)
    listing = a_listing(uow, store, price=500)

    with uow.begin() as tx:
        (line,) = catalog_on(uow).snapshot(tx, [(listing.id, 3)])

    assert (line.listing_id, line.quantity, line.unit_price.amount) == (listing.id, 3, 500)
    assert (line.seller_id, line.seller_account_id) == (store.id, store.principal.account_id)
    assert line.payouts == store.seller.payouts
    assert (line.title, line.handling_days, line.transit_days) == ("Fig jam", 2, 7)


def test_snapshot_answers_in_the_order_asked(uow) -> None:
    store = a_seller(uow)
    first, second = a_listing(uow, store), a_listing(uow, store)

    with uow.begin() as tx:
        lines = catalog_on(uow).snapshot(tx, [(second.id, 1), (first.id, 1)])

    assert [line.listing_id for line in lines] == [second.id, first.id]


def test_snapshot_is_refused_when_the_listing_is_a_draft(uow) -> None:
    draft = a_draft(uow, a_seller(uow))

    with uow.begin() as tx, pytest.raises(ListingNotFound):
        catalog_on(uow).snapshot(tx, [(draft.id, 1)])


@pytest.mark.parametrize("to", [ListingStatus.DRAFT, ListingStatus.DISCONTINUED])
def test_snapshot_is_refused_when_the_listing_was_taken_off_sale(uow, to) -> None:
    store = a_seller(uow)
    listing = a_listing(uow, store)
    catalog_on(uow).unpublish(store.principal, listing.id, to=to)

    with uow.begin() as tx, pytest.raises(ListingNotPublished):
        catalog_on(uow).snapshot(tx, [(listing.id, 1)])


def test_snapshot_is_refused_when_the_store_is_suspended(uow) -> None:
    store = a_seller(uow)
    listing = a_listing(uow, store)
    suspend(uow, store)

    with uow.begin() as tx, pytest.raises(ListingNotPublished):
        catalog_on(uow).snapshot(tx, [(listing.id, 1)])
