"""What orders do with listings and stock, inside the transaction of the order.

Whoever moves several stock rows in one transaction locks them in order of listing id, whatever
the order of its cart: carts A,B and B,A wait for each other in turn and never both at once.
"""

from collections.abc import Mapping, Sequence

from souk.core.money import USD, Money
from souk.core.unit_of_work import Transaction
from souk.modules.catalog import repository
from souk.modules.catalog.domain import (
    ListingRecord,
    ListingSnapshot,
    ListingStatus,
    ReservationState,
    Wanted,
)
from souk.modules.catalog.errors import (
    ListingNotFound,
    ListingNotPublished,
    ListingSoldOut,
    ReservationEnded,
    StoreOnHoliday,
)
from souk.modules.catalog.repository import HeldStock
from souk.modules.sellers.domain import SellerRecord, SellerStatus
from souk.modules.sellers.service import Sellers


class Stock:
    """Tx-level functions: they write in the caller's transaction and never commit."""

    _sellers: Sellers

    def snapshot(self, tx: Transaction, wanted: Sequence[Wanted]) -> list[ListingSnapshot]:
        """What each listing says now, in the order asked. Raises `ListingNotFound` (also for what
        was never published), `ListingNotPublished` (also when its store may not sell),
        `StoreOnHoliday` and `SellerLimitReached`."""
        found = repository.find_listings(tx, {listing_id for listing_id, _ in wanted})
        listings = [_on_sale(found, listing_id) for listing_id, _ in wanted]
        seller_ids = sorted({listing.seller_id for listing in listings})
        sellers = {seller_id: self._sellers.get(tx, seller_id) for seller_id in seller_ids}
        for listing in listings:
            _require_open(sellers[listing.seller_id], listing)
        self._require_within_limits(sellers, listings, wanted)
        return [
            ListingSnapshot(
                listing_id=listing.id,
                seller_id=listing.seller_id,
                seller_account_id=sellers[listing.seller_id].account_id,
                payouts=sellers[listing.seller_id].payouts,
                title=listing.terms.title,
                unit_price=listing.terms.price,
                quantity=quantity,
                kind=listing.terms.kind,
                handling_days=listing.terms.handling_days,
                transit_days=listing.terms.transit_days,
            )
            for listing, (_, quantity) in zip(listings, wanted, strict=True)
        ]

    def _require_within_limits(
        self,
        sellers: Mapping[str, SellerRecord],
        listings: Sequence[ListingRecord],
        wanted: Sequence[Wanted],
    ) -> None:
        totals = dict.fromkeys(sellers, 0)
        for listing, (_, quantity) in zip(listings, wanted, strict=True):
            totals[listing.seller_id] += listing.terms.price.amount * quantity
        for seller_id, total in totals.items():
            self._sellers.require_within_limit(sellers[seller_id], Money(total, USD))

    def reserve(self, tx: Transaction, order_id: str, lines: Sequence[Wanted]) -> None:
        """Hold stock for one order; a repeat holds nothing more. Raises `ListingSoldOut`, after
        which the caller's transaction must not commit."""
        self.reserve_all(tx, {order_id: lines})

    def reserve_all(self, tx: Transaction, orders: Mapping[str, Sequence[Wanted]]) -> None:
        """The same for every order of a checkout at once, all or nothing."""
        takes = sorted(
            (listing_id, order_id, quantity)
            for order_id, lines in orders.items()
            for listing_id, quantity in lines
        )
        for listing_id, order_id, quantity in takes:
            if not repository.take_stock(tx, order_id, (listing_id, quantity)):
                left = repository.available(tx, listing_id)
                raise ListingSoldOut(listing_id, wanted=quantity, available=left)

    def lock_stock(self, tx: Transaction, order_ids: Sequence[str]) -> None:
        """Lock all stock of several orders before they are moved one by one, so that two such
        transactions never wait for each other."""
        repository.lock_held(tx, order_ids)

    def allocate(self, tx: Transaction, order_id: str) -> None:
        """What was reserved is sold: it leaves the shelf. Harmless when it has. Raises
        `ReservationEnded` when it was given back before."""
        held = repository.lock_held(tx, [order_id])
        if any(item.state is ReservationState.RELEASED for item in held):
            raise ReservationEnded(order_id)
        _shift(tx, held, ReservationState.RESERVED, ReservationState.ALLOCATED)

    def unallocate(self, tx: Transaction, order_id: str) -> None:
        """The sale is in doubt again: back from sold to reserved. Harmless when it is."""
        held = repository.lock_held(tx, [order_id])
        _shift(tx, held, ReservationState.ALLOCATED, ReservationState.RESERVED)

    def release(self, tx: Transaction, order_id: str) -> None:
        """Give everything back, whether reserved or sold; harmless when it was."""
        held = repository.lock_held(tx, [order_id])
        live = [item for item in held if item.state is not ReservationState.RELEASED]
        repository.shift_held(tx, live, ReservationState.RELEASED)

    def reserve_again(self, tx: Transaction, order_id: str) -> bool:
        """Hold again what was given back, all of it or, answering `False`, nothing."""
        held = repository.lock_held(tx, [order_id])
        ended = [item for item in held if item.state is ReservationState.RELEASED]
        if any(item.available < item.quantity for item in ended):
            return False
        repository.shift_held(tx, ended, ReservationState.RESERVED)
        return True


def _on_sale(found: Mapping[str, ListingRecord], listing_id: str) -> ListingRecord:
    listing = found.get(listing_id)
    if listing is None or listing.published_at is None:
        raise ListingNotFound(listing_id)
    if listing.status is not ListingStatus.PUBLISHED:
        raise ListingNotPublished(listing_id)
    return listing


def _require_open(seller: SellerRecord, listing: ListingRecord) -> None:
    if seller.status is not SellerStatus.APPROVED:
        raise ListingNotPublished(listing.id)
    if seller.on_holiday:
        raise StoreOnHoliday(listing.id, seller_id=seller.id, note=seller.holiday_note)


def _shift(
    tx: Transaction, held: Sequence[HeldStock], source: ReservationState, to: ReservationState
) -> None:
    repository.shift_held(tx, [item for item in held if item.state is source], to)
