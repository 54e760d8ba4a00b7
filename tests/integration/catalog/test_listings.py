"""What sellers do with listings."""

import pytest
from sqlalchemy import text

from souk.core.ids import UnknownId
from souk.core.money import USD, Money
from souk.core.principal import NotYours
from souk.modules.catalog.domain import ListingStatus
from souk.modules.catalog.errors import (
    BadListing,
    ListingChanged,
    ListingNotFound,
    ListingStatusConflict,
    SellerProfileRequired,
    StockBelowReserved,
    StoreNotApproved,
    StoreSuspended,
)
from souk.modules.sellers.domain import SellerStatus
from tests.support.account_builders import an_account
from tests.support.catalog_builders import a_draft, a_listing, catalog_on, some_terms
from tests.support.seller_builders import OpenedStore, a_profile, a_seller, sellers_on, suspend

NOBODY = "prd_00000000000000000000000000"


def events_of(session, listing_id: str) -> list[str]:
    statement = text("SELECT name FROM outbox WHERE aggregate = :id ORDER BY sequence")
    return list(session.scalars(statement, {"id": listing_id}))


def test_create_makes_a_draft_of_the_callers_store(uow) -> None:
    store = a_seller(uow)

    listing = a_draft(uow, store, on_hand=3)

    assert (listing.seller_id, listing.status, listing.version) == (store.id, "draft", 1)
    assert (listing.on_hand, listing.reserved, listing.available) == (3, 0, 3)


def test_create_is_refused_when_the_caller_has_no_store(uow) -> None:
    with pytest.raises(SellerProfileRequired):
        catalog_on(uow).create(an_account(uow), some_terms())


def test_publish_puts_a_draft_on_sale_and_says_so_once(uow, session) -> None:
    store = a_seller(uow)
    draft = a_draft(uow, store)

    catalog_on(uow).publish(store.principal, draft.id)
    again = catalog_on(uow).publish(store.principal, draft.id)

    assert (again.status, again.version) == (ListingStatus.PUBLISHED, 2)
    assert events_of(session, draft.id) == ["listing.published"]


def test_publish_keeps_the_first_time_when_it_is_repeated_later(uow, clock) -> None:
    store = a_seller(uow)
    first = a_listing(uow, store)
    catalog_on(uow).unpublish(store.principal, first.id)
    clock.advance(days=1)

    again = catalog_on(uow).publish(store.principal, first.id)

    assert again.published_at == first.published_at
    assert again.updated_at > first.updated_at


def test_publish_is_refused_when_the_store_is_suspended(uow) -> None:
    store = a_seller(uow)
    draft = a_draft(uow, store)
    suspend(uow, store)

    with pytest.raises(StoreSuspended):
        catalog_on(uow).publish(store.principal, draft.id)


def test_publish_is_refused_when_the_store_is_not_approved_yet(uow) -> None:
    owner = an_account(uow, "sofia")
    opening = sellers_on(uow, starts_as=SellerStatus.DRAFT)
    store = OpenedStore(owner, opening.create(owner, a_profile("sofia")), lambda: owner)
    draft = a_draft(uow, store)

    with pytest.raises(StoreNotApproved):
        catalog_on(uow).publish(owner, draft.id)


def test_unpublish_for_good_cannot_be_undone(uow) -> None:
    store = a_seller(uow)
    listing = a_listing(uow, store)
    catalog_on(uow).unpublish(store.principal, listing.id, to=ListingStatus.DISCONTINUED)

    with pytest.raises(ListingStatusConflict) as refusal:
        catalog_on(uow).publish(store.principal, listing.id)

    assert refusal.value.context["allowed"] == []


def test_unpublish_says_so_once(uow, session) -> None:
    store = a_seller(uow)
    listing = a_listing(uow, store)

    for _ in range(2):
        taken = catalog_on(uow).unpublish(store.principal, listing.id)

    assert taken.status is ListingStatus.DRAFT
    assert events_of(session, listing.id) == ["listing.published", "listing.unpublished"]


def test_edit_changes_only_the_fields_that_are_named(uow, session) -> None:
    store = a_seller(uow)
    listing = a_listing(uow, store)
    changes = {"title": "Quince jam", "price": Money(900, USD), "category": None}

    edited = catalog_on(uow).edit(store.principal, listing.id, changes, version=2)

    assert edited.version == 3
    assert edited.terms == some_terms(title="Quince jam", price=900, category=None)
    assert events_of(session, listing.id)[-1] == "listing.edited"


def test_edit_changes_nothing_when_nothing_differs(uow) -> None:
    store = a_seller(uow)
    listing = a_draft(uow, store)

    edited = catalog_on(uow).edit(store.principal, listing.id, {"title": "Fig jam"}, version=1)

    assert edited.version == 1


def test_edit_is_refused_when_somebody_edited_meanwhile(uow) -> None:
    store = a_seller(uow)
    listing = a_draft(uow, store)
    catalog_on(uow).edit(store.principal, listing.id, {"title": "First"}, version=1)

    with pytest.raises(ListingChanged) as refusal:
        catalog_on(uow).edit(store.principal, listing.id, {"title": "Second"}, version=1)

    assert refusal.value.context["version"] == 2


def test_edit_is_refused_when_the_result_breaks_a_rule(uow) -> None:
    store = a_seller(uow)
    listing = a_draft(uow, store, digital=True)

    with pytest.raises(BadListing):
        catalog_on(uow).edit(store.principal, listing.id, {"transit_days": 3}, version=1)


def test_edit_is_refused_when_discontinued(uow) -> None:
    store = a_seller(uow)
    listing = a_listing(uow, store)
    catalog_on(uow).unpublish(store.principal, listing.id, to=ListingStatus.DISCONTINUED)

    with pytest.raises(ListingStatusConflict):
        catalog_on(uow).edit(store.principal, listing.id, {"title": "Fig"}, version=3)


@pytest.mark.pitfall("H3")
def test_edit_is_refused_when_the_listing_is_another_stores(uow) -> None:
    listing = a_listing(uow, a_seller(uow))
    stranger = a_seller(uow, "stefan")

    with pytest.raises(NotYours):
        catalog_on(uow).edit(stranger.principal, listing.id, {"title": "Mine now"}, version=2)


@pytest.mark.pitfall("H3")
def test_edit_tells_nothing_when_the_draft_is_another_stores(uow) -> None:
    listing = a_draft(uow, a_seller(uow))

    with pytest.raises(ListingNotFound):
        catalog_on(uow).publish(an_account(uow, "stefan"), listing.id)


@pytest.mark.parametrize(
    ("listing_id", "refusal"), [(NOBODY, ListingNotFound), ("sel_1", UnknownId)]
)
def test_publish_is_refused_when_there_is_no_such_listing(uow, listing_id, refusal) -> None:
    with pytest.raises(refusal):
        catalog_on(uow).publish(a_seller(uow).principal, listing_id)


def test_stock_is_what_the_seller_says(uow) -> None:
    store = a_seller(uow)
    listing = a_listing(uow, store, on_hand=1)

    assert catalog_on(uow).set_stock(store.principal, listing.id, on_hand=7).available == 7


def test_stock_is_refused_when_less_than_what_is_reserved(uow) -> None:
    store = a_seller(uow)
    listing = a_listing(uow, store)
    with uow.begin() as tx:
        catalog_on(uow).reserve(tx, "ord_1", [(listing.id, 3)])
        tx.commit()

    with pytest.raises(StockBelowReserved) as refusal:
        catalog_on(uow).set_stock(store.principal, listing.id, on_hand=2)

    assert refusal.value.context["reserved"] == 3
