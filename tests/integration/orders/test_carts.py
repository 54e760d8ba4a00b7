"""Carts, each seen by its owner alone."""

import pytest

from souk.core.ids import UnknownId
from souk.modules.catalog.errors import ListingNotFound
from souk.modules.orders.errors import BadQuantity, CartNotFound, OwnListing, TooManyLines
from tests.support.account_builders import an_account
from tests.support.catalog_builders import a_listing
from tests.support.order_builders import carts_on
from tests.support.seller_builders import a_seller


def wanted(uow, owner, cart_id: str) -> list[tuple[str, int]]:
    with uow.begin() as tx:
        return carts_on(uow).wanted(tx, owner.account_id, cart_id)


@pytest.fixture
def buyer(uow):
    return an_account(uow, "bruno")


def test_put_sets_how_many_are_in_the_cart(uow, buyer, clock) -> None:
    store = a_seller(uow)
    jam, tea = a_listing(uow, store), a_listing(uow, store)
    carts = carts_on(uow)
    cart = carts.create(buyer)

    carts.put_item(buyer, cart, tea.id, 1)
    clock.advance(seconds=1)
    carts.put_item(buyer, cart, jam.id, 2)
    carts.put_item(buyer, cart, tea.id, 4)

    assert wanted(uow, buyer, cart) == [(tea.id, 4), (jam.id, 2)]


def test_remove_takes_a_listing_out_and_is_harmless_again(uow, buyer) -> None:
    jam = a_listing(uow, a_seller(uow))
    carts = carts_on(uow)
    cart = carts.create(buyer)
    carts.put_item(buyer, cart, jam.id, 2)

    for _ in range(2):
        carts.remove_item(buyer, cart, jam.id)

    assert wanted(uow, buyer, cart) == []


def test_empty_takes_everything_out(uow, buyer) -> None:
    store = a_seller(uow)
    carts = carts_on(uow)
    cart = carts.create(buyer)
    for _ in range(2):
        carts.put_item(buyer, cart, a_listing(uow, store).id, 1)

    with uow.begin() as tx:
        carts.empty(tx, buyer.account_id, cart)
        tx.commit()

    assert wanted(uow, buyer, cart) == []


@pytest.mark.pitfall("H3")
def test_cart_is_not_there_for_anybody_else(uow, buyer) -> None:
    jam = a_listing(uow, a_seller(uow))
    carts = carts_on(uow)
    cart, stranger = carts.create(buyer), an_account(uow, "stefan")

    for act in (
        lambda: carts.put_item(stranger, cart, jam.id, 1),
        lambda: carts.remove_item(stranger, cart, jam.id),
        lambda: wanted(uow, stranger, cart),
    ):
        with pytest.raises(CartNotFound):
            act()


@pytest.mark.parametrize("quantity", [0, 1001])
def test_put_is_refused_when_the_quantity_is_out_of_bounds(uow, buyer, quantity) -> None:
    with pytest.raises(BadQuantity):
        carts_on(uow).put_item(buyer, carts_on(uow).create(buyer), "prd_1", quantity)


@pytest.mark.parametrize(
    ("listing_id", "refusal"),
    [("prd_00000000000000000000000000", ListingNotFound), ("\x00", UnknownId)],
)
def test_put_is_refused_when_there_is_no_such_listing(uow, buyer, listing_id, refusal) -> None:
    with pytest.raises(refusal):
        carts_on(uow).put_item(buyer, carts_on(uow).create(buyer), listing_id, 1)


def test_put_is_refused_when_the_listing_is_ones_own(uow) -> None:
    store = a_seller(uow)
    jam = a_listing(uow, store)
    carts = carts_on(uow)

    with pytest.raises(OwnListing):
        carts.put_item(store.principal, carts.create(store.principal), jam.id, 1)


def test_put_is_refused_when_the_cart_is_full(uow, buyer) -> None:
    store = a_seller(uow)
    carts = carts_on(uow)
    cart = carts.create(buyer)
    listings = [a_listing(uow, store).id for _ in range(51)]
    for listing_id in listings[:50]:
        carts.put_item(buyer, cart, listing_id, 1)

    carts.put_item(buyer, cart, listings[0], 2)
    with pytest.raises(TooManyLines):
        carts.put_item(buyer, cart, listings[50], 1)
