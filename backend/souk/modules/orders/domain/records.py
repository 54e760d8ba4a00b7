"""What an order is made of, and the rules of a checkout."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from souk.core.money import USD, Money
from souk.modules.catalog.domain import ListingKind, ListingSnapshot, Wanted
from souk.modules.orders.domain.transitions import OrderStatus
from souk.modules.orders.errors import BadQuantity, EmptyCart, OwnListing, TooManyLines
from souk.modules.sellers.domain import PayoutWallets

EXPIRE_CHECKOUT = "orders.expire_checkout"
"""The kind of the timer that ends an unpaid checkout; its subject is the checkout."""

MAX_LINES = 50
MAX_QUANTITY = 1000


@dataclass(frozen=True, slots=True)
class OrdersConfig:
    """How long stock is held for a checkout that nobody has started to pay, and how many
    checkouts of one buyer may wait for payment: reserving costs the buyer nothing."""

    reservation_seconds: int = 900
    max_unpaid_checkouts: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One line as it was when the order was placed."""

    id: str
    position: int
    listing_id: str
    title: str
    unit_price: Money
    quantity: int
    kind: ListingKind
    handling_days: int | None
    transit_days: int | None

    @property
    def total(self) -> Money:
        """Price of the line."""
        return self.unit_price * self.quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord:
    """An order of one buyer with one seller. `handling_days` and `transit_days` are the longest
    of its lines, `None` when all of it is digital. `payouts` are as they were when it was
    placed."""

    id: str
    checkout_id: str
    buyer_id: str
    seller_id: str
    seller_account_id: str
    payouts: PayoutWallets
    status: OrderStatus
    total: Money
    kind: ListingKind
    handling_days: int | None
    transit_days: int | None
    created_at: datetime
    expires_at: datetime
    lines: tuple[OrderLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedCheckout:
    """One purchase: an order for each seller in it, in order of id."""

    checkout_id: str
    buyer_id: str
    total: Money
    created_at: datetime
    expires_at: datetime
    orders: tuple[OrderRecord, ...]


@dataclass(frozen=True, slots=True)
class SellerShare:
    """The part of a checkout that one seller delivers."""

    lines: tuple[ListingSnapshot, ...]

    @property
    def first(self) -> ListingSnapshot:
        """Any line knows the seller."""
        return self.lines[0]

    @property
    def total(self) -> Money:
        """Sum of the lines."""
        return sum((line.unit_price * line.quantity for line in self.lines), Money(0, USD))

    @property
    def kind(self) -> ListingKind:
        """Digital only when every line is: one parcel makes the order travel."""
        digital = all(line.kind is ListingKind.DIGITAL for line in self.lines)
        return ListingKind.DIGITAL if digital else ListingKind.PHYSICAL

    @property
    def handling_days(self) -> int | None:
        """The longest of the lines."""
        return _longest(line.handling_days for line in self.lines)

    @property
    def transit_days(self) -> int | None:
        """The longest of the lines."""
        return _longest(line.transit_days for line in self.lines)


def _longest(days: Iterable[int | None]) -> int | None:
    return max((day for day in days if day is not None), default=None)


def split_by_seller(lines: Sequence[ListingSnapshot]) -> list[SellerShare]:
    """One share for each seller, in order of seller id; lines keep their order."""
    ordered = sorted(lines, key=lambda line: line.seller_id)
    return [SellerShare(tuple(group)) for _, group in groupby(ordered, lambda line: line.seller_id)]


def merge_wanted(items: Iterable[Wanted]) -> list[Wanted]:
    """One entry a listing, quantities added up, in the order of first mention. Raises
    `EmptyCart`, `TooManyLines`, `BadQuantity`."""
    merged: dict[str, int] = {}
    for listing_id, quantity in items:
        check_quantity(listing_id, quantity)
        merged[listing_id] = merged.get(listing_id, 0) + quantity
        check_quantity(listing_id, merged[listing_id])
        check_line_count(len(merged))
    if not merged:
        raise EmptyCart
    return list(merged.items())


def check_quantity(listing_id: str, quantity: int) -> None:
    """Raises `BadQuantity`."""
    if not 1 <= quantity <= MAX_QUANTITY:
        raise BadQuantity(listing_id, MAX_QUANTITY)


def check_line_count(count: int) -> None:
    """Raises `TooManyLines`."""
    if count > MAX_LINES:
        raise TooManyLines(MAX_LINES)


def check_buyer(buyer_id: str, lines: Iterable[ListingSnapshot]) -> None:
    """Raises `OwnListing` when the buyer owns one of the stores."""
    for line in lines:
        if line.seller_account_id == buyer_id:
            raise OwnListing(line.listing_id)
