"""Listings and stock: what they are made of and the pure rules about them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypedDict

from souk.core.money import USD, Money
from souk.core.wording import find_unreadable, is_seen
from souk.modules.catalog.errors import BadListing, ListingStatusConflict
from souk.modules.sellers.domain import PayoutWallets

MIN_TITLE, MAX_TITLE = 3, 200
MAX_DESCRIPTION = 10_000
MAX_CATEGORY = 60
MAX_PRICE = 10**9
MAX_HANDLING_DAYS = 60
MIN_TRANSIT_DAYS, MAX_TRANSIT_DAYS = 1, 90
MAX_STOCK = 10**6
CATEGORY_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
_CATEGORY = re.compile(CATEGORY_PATTERN)

Wanted = tuple[str, int]
"""A listing's id and how many of it."""


class ListingStatus(StrEnum):
    """Where a listing stands. Sold out is not a status: it follows from the stock."""

    DRAFT = "draft"
    PUBLISHED = "published"
    DISCONTINUED = "discontinued"


class ListingKind(StrEnum):
    """Goods that travel, or goods that are downloaded."""

    PHYSICAL = "physical"
    DIGITAL = "digital"


class ReservationState(StrEnum):
    """What became of the stock that an order asked for."""

    RESERVED = "reserved"
    ALLOCATED = "allocated"
    RELEASED = "released"


STATUS_MOVES: Mapping[ListingStatus, tuple[ListingStatus, ...]] = {
    ListingStatus.DRAFT: (ListingStatus.PUBLISHED, ListingStatus.DISCONTINUED),
    ListingStatus.PUBLISHED: (ListingStatus.DRAFT, ListingStatus.DISCONTINUED),
    ListingStatus.DISCONTINUED: (),
}

# What a move of a reservation does to (on_hand, reserved) for each unit of it.
STOCK_MOVES: Mapping[tuple[ReservationState, ReservationState], tuple[int, int]] = {
    (ReservationState.RESERVED, ReservationState.ALLOCATED): (-1, -1),
    (ReservationState.ALLOCATED, ReservationState.RESERVED): (+1, +1),
    (ReservationState.RESERVED, ReservationState.RELEASED): (0, -1),
    (ReservationState.ALLOCATED, ReservationState.RELEASED): (+1, 0),
    (ReservationState.RELEASED, ReservationState.RESERVED): (0, +1),
}


def require_move(listing_id: str, current: ListingStatus, to: ListingStatus) -> None:
    """Raises `ListingStatusConflict` unless a listing may go from `current` to `to`."""
    allowed = STATUS_MOVES[current]
    if to not in allowed:
        raise ListingStatusConflict(listing_id, status=current, allowed=allowed)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingTerms:
    """What a seller writes. Days are `None` for digital goods, which nobody carries."""

    title: str
    description: str
    price: Money
    kind: ListingKind
    category: str | None = None
    handling_days: int | None = None
    transit_days: int | None = None


class ListingChanges(TypedDict, total=False):
    """The fields of `ListingTerms` that an edit may name. What is sold stays of its kind."""

    title: str
    description: str
    price: Money
    category: str | None
    handling_days: int | None
    transit_days: int | None


def check_terms(terms: ListingTerms) -> None:
    """Raises `BadListing` naming the first field that is out of its bounds."""
    if len(terms.title.strip()) < MIN_TITLE or len(terms.title) > MAX_TITLE:
        raise BadListing("title", f"a title has {MIN_TITLE} to {MAX_TITLE} characters")
    if len(terms.description) > MAX_DESCRIPTION:
        raise BadListing("description", f"at most {MAX_DESCRIPTION} characters")
    _check_readable("title", terms.title)
    _check_readable("description", terms.description)
    if "\n" in terms.title or not is_seen(terms.title):
        raise BadListing("title", "a title is one line with at least one letter or digit")
    if terms.price.asset != USD or not 1 <= terms.price.amount <= MAX_PRICE:
        raise BadListing("price", f"a price is 1 to {MAX_PRICE} cents in USD")
    _check_category(terms.category)
    _check_days(terms)


def _check_readable(field: str, text: str) -> None:
    unreadable = find_unreadable(text)
    if unreadable is not None:
        raise BadListing(
            field, f"take out the character {unreadable}, which nobody who reads this could see"
        )


def _check_category(category: str | None) -> None:
    if category is None:
        return
    if len(category) > MAX_CATEGORY or _CATEGORY.fullmatch(category) is None:
        raise BadListing("category", "lower-case words joined by hyphens, such as home-garden")


def _check_days(terms: ListingTerms) -> None:
    handling, transit = terms.handling_days, terms.transit_days
    if terms.kind is ListingKind.DIGITAL:
        if handling is not None or transit is not None:
            field = "handling_days" if handling is not None else "transit_days"
            raise BadListing(field, "digital goods have neither handling nor transit days")
        return
    if handling is None or not 0 <= handling <= MAX_HANDLING_DAYS:
        raise BadListing("handling_days", f"physical goods need 0 to {MAX_HANDLING_DAYS} days")
    if transit is None or not MIN_TRANSIT_DAYS <= transit <= MAX_TRANSIT_DAYS:
        raise BadListing(
            "transit_days", f"physical goods need {MIN_TRANSIT_DAYS} to {MAX_TRANSIT_DAYS} days"
        )


def check_stock(on_hand: int) -> None:
    """Raises `BadListing` when a stock is out of bounds."""
    if not 0 <= on_hand <= MAX_STOCK:
        raise BadListing("on_hand", f"a stock is 0 to {MAX_STOCK}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingRecord:
    """A listing as its owner sees it. `on_hand` includes what is `reserved` for unpaid orders."""

    id: str
    seller_id: str
    terms: ListingTerms
    status: ListingStatus
    version: int
    on_hand: int
    reserved: int
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None

    @property
    def available(self) -> int:
        """How many can still be bought."""
        return self.on_hand - self.reserved


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingSnapshot:
    """What an order keeps of a listing: later edits do not reach it."""

    listing_id: str
    seller_id: str
    seller_account_id: str
    payouts: PayoutWallets
    title: str
    unit_price: Money
    quantity: int
    kind: ListingKind
    handling_days: int | None
    transit_days: int | None
