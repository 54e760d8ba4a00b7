"""Listings of stores that really opened."""

from sqlalchemy import text

from souk.core.money import USD, Money
from souk.core.unit_of_work import UnitOfWork
from souk.modules.catalog.domain import ListingKind, ListingRecord, ListingTerms
from souk.modules.catalog.service import Catalog
from tests.support.seller_builders import OpenedStore, sellers_on


def catalog_on(uow: UnitOfWork) -> Catalog:
    return Catalog(uow, sellers_on(uow))


def some_terms(*, digital: bool = False, price: int = 1299, **changes) -> ListingTerms:
    """What a careful seller writes, except for `changes`; `price` is in cents."""
    values = {
        "title": "Fig jam",
        "description": "From our own trees.",
        "category": "food",
        "price": Money(price, USD),
        "kind": ListingKind.DIGITAL if digital else ListingKind.PHYSICAL,
        "handling_days": None if digital else 2,
        "transit_days": None if digital else 7,
    }
    return ListingTerms(**{**values, **changes})


def a_draft(uow: UnitOfWork, store: OpenedStore, *, on_hand: int = 5, **changes) -> ListingRecord:
    return catalog_on(uow).create(store.principal, some_terms(**changes), on_hand=on_hand)


def a_listing(uow: UnitOfWork, store: OpenedStore, *, on_hand: int = 5, **changes) -> ListingRecord:
    """A listing on sale."""
    draft = a_draft(uow, store, on_hand=on_hand, **changes)
    return catalog_on(uow).publish(store.principal, draft.id)


def stock_of(session, listing_id: str) -> tuple[int, int]:
    """(on_hand, reserved), read past the product's own code."""
    row = session.execute(
        text("SELECT on_hand, reserved FROM stock_item WHERE listing_id = :id"), {"id": listing_id}
    ).one()
    return row.on_hand, row.reserved
