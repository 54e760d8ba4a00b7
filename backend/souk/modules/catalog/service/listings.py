"""What a seller does with a listing, each in a transaction of its own."""

from dataclasses import replace

from souk.core.idempotency import NO_RECEIPT, Receipt
from souk.core.ids import require_id
from souk.core.principal import NotYours, Principal
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.catalog import repository
from souk.modules.catalog.domain import (
    ListingChanges,
    ListingRecord,
    ListingStatus,
    ListingTerms,
    check_stock,
    check_terms,
    require_move,
)
from souk.modules.catalog.errors import (
    ListingChanged,
    ListingNotFound,
    ListingStatusConflict,
    SellerProfileRequired,
    StockBelowReserved,
    StoreNotApproved,
    StoreSuspended,
)
from souk.modules.catalog.events import ListingEdited, ListingPublished, ListingUnpublished
from souk.modules.sellers.domain import SellerRecord, SellerStatus
from souk.modules.sellers.service import Sellers


class Listings:
    """Create, edit, publish, unpublish, stock. Only the owner may; a stranger learns of a
    published listing that it is not theirs, and of a draft nothing."""

    def __init__(self, uow: UnitOfWork, sellers: Sellers) -> None:
        self._uow = uow
        self._sellers = sellers

    def create(
        self,
        principal: Principal,
        terms: ListingTerms,
        *,
        on_hand: int = 0,
        receipt: Receipt = NO_RECEIPT,
    ) -> ListingRecord:
        """A new draft. Raises `SellerProfileRequired`, `BadListing`."""
        check_terms(terms)
        check_stock(on_hand)
        with self._uow.begin() as tx:
            seller = self._sellers.find_by_account(tx, principal.account_id)
            if seller is None:
                raise SellerProfileRequired
            listing = repository.add_listing(tx, seller_id=seller.id, terms=terms, on_hand=on_hand)
            receipt.store(tx, listing)
            tx.commit()
        return listing

    def edit(
        self, principal: Principal, listing_id: str, changes: ListingChanges, *, version: int
    ) -> ListingRecord:
        """Change some fields of version `version`. Orders already placed keep their snapshot.
        Raises `ListingChanged` when it is no longer the current version, `BadListing`,
        `ListingStatusConflict` when discontinued."""
        with self._uow.begin() as tx:
            listing = self._lock_own(tx, principal, listing_id)
            if listing.version != version:
                raise ListingChanged(listing_id, version=listing.version)
            if listing.status is ListingStatus.DISCONTINUED:
                raise ListingStatusConflict(listing_id, status=listing.status, allowed=())
            terms = replace(listing.terms, **changes)
            check_terms(terms)
            if terms != listing.terms:
                listing = self._write(tx, listing, terms)
            tx.commit()
        return listing

    def _write(self, tx: Transaction, listing: ListingRecord, terms: ListingTerms) -> ListingRecord:
        edited = repository.write_terms(tx, listing.id, terms)
        tx.publish(
            ListingEdited(
                listing_id=edited.id, seller_id=edited.seller_id, listing_version=edited.version
            )
        )
        return edited

    def publish(self, principal: Principal, listing_id: str) -> ListingRecord:
        """Put a draft on sale; harmless when it is already. Raises `ListingStatusConflict`,
        `StoreSuspended`, `StoreNotApproved`."""
        with self._uow.begin() as tx:
            listing = self._lock_own(tx, principal, listing_id)
            _require_open(self._sellers.get(tx, listing.seller_id))
            if listing.status is not ListingStatus.PUBLISHED:
                listing = self._move(tx, listing, ListingStatus.PUBLISHED)
                tx.publish(ListingPublished(listing_id=listing.id, seller_id=listing.seller_id))
            tx.commit()
        return listing

    def unpublish(
        self, principal: Principal, listing_id: str, *, to: ListingStatus = ListingStatus.DRAFT
    ) -> ListingRecord:
        """Take a listing off sale, back to `draft` or for good to `discontinued`; harmless when
        it is there already. Orders already placed go on. Raises `ListingStatusConflict`."""
        with self._uow.begin() as tx:
            listing = self._lock_own(tx, principal, listing_id)
            if listing.status is not to:
                listing = self._move(tx, listing, to)
                tx.publish(
                    ListingUnpublished(
                        listing_id=listing.id, seller_id=listing.seller_id, status=to.value
                    )
                )
            tx.commit()
        return listing

    def _move(self, tx: Transaction, listing: ListingRecord, to: ListingStatus) -> ListingRecord:
        require_move(listing.id, listing.status, to)
        return repository.move_listing(tx, listing.id, to)

    def set_stock(self, principal: Principal, listing_id: str, *, on_hand: int) -> ListingRecord:
        """Say how many lie on the shelf, those reserved for unpaid orders included. Raises
        `StockBelowReserved`, `BadListing`."""
        check_stock(on_hand)
        with self._uow.begin() as tx:
            self._lock_own(tx, principal, listing_id)
            done = repository.set_on_hand(tx, listing_id, on_hand)
            listing = repository.get_listing(tx, listing_id)
            if not done:
                raise StockBelowReserved(listing_id, reserved=listing.reserved)
            tx.commit()
        return listing

    def _lock_own(self, tx: Transaction, principal: Principal, listing_id: str) -> ListingRecord:
        listing = repository.lock_listing(tx, require_id("prd", listing_id))
        seller = self._sellers.find_by_account(tx, principal.account_id)
        if seller is not None and seller.id == listing.seller_id:
            return listing
        if listing.status is ListingStatus.DRAFT or listing.published_at is None:
            raise ListingNotFound(listing_id)
        raise NotYours("this listing belongs to another store")


def _require_open(seller: SellerRecord) -> None:
    if seller.status is SellerStatus.SUSPENDED:
        raise StoreSuspended
    if seller.status is not SellerStatus.APPROVED:
        raise StoreNotApproved
