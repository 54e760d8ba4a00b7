"""What a seller does with a listing, each in a transaction of its own."""

from collections.abc import Sequence
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
from souk.modules.media.domain import Shown, UseKind
from souk.modules.media.service import show_images
from souk.modules.sellers.domain import SellerRecord, SellerStatus
from souk.modules.sellers.domain.team import Permission
from souk.modules.sellers.service import Sellers


class Listings:
    """Create, edit, publish, unpublish, stock. Only the store's people may; a stranger learns of a
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
        seller_id: str | None = None,
        receipt: Receipt = NO_RECEIPT,
    ) -> ListingRecord:
        """A new draft in the caller's own store, or in one that it acts for. Raises
        `SellerProfileRequired`, `SellerNotFound`, `NotYours`, `RoleTooSmall`, `BadListing`."""
        check_terms(terms)
        check_stock(on_hand)
        with self._uow.begin() as tx:
            store = self._store_for(tx, principal, seller_id)
            listing = repository.add_listing(tx, seller_id=store, terms=terms, on_hand=on_hand)
            receipt.store(tx, listing)
            tx.commit()
        return listing

    def _store_for(self, tx: Transaction, principal: Principal, seller_id: str | None) -> str:
        if seller_id is not None:
            named = self._sellers.get(tx, require_id("sel", seller_id)).id
            self._sellers.require(tx, named, principal, Permission.LISTINGS)
            return named
        own = self._sellers.find_by_account(tx, principal.account_id)
        if own is None:
            raise SellerProfileRequired
        return own.id

    def edit(
        self, principal: Principal, listing_id: str, changes: ListingChanges, *, version: int
    ) -> ListingRecord:
        """Change some fields of version `version`. Orders already placed keep their snapshot.
        Raises `ListingChanged` when it is no longer the current version, `BadListing`,
        `ListingStatusConflict` when discontinued."""
        with self._uow.begin() as tx:
            listing = self._lock_own(tx, principal, listing_id, Permission.LISTINGS)
            _require_version(listing, version)
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

    def show_images(
        self, principal: Principal, listing_id: str, images: Sequence[Shown], *, version: int
    ) -> ListingRecord:
        """Show these pictures with version `version` of a listing, in this order, and no others,
        which makes the next version of it. Raises `ListingChanged`, `ImageNotYours`, `NoFiles`."""
        with self._uow.begin() as tx:
            listing = self._lock_own(tx, principal, listing_id, Permission.LISTINGS)
            _require_version(listing, version)
            show_images(tx, principal.account_id, UseKind.LISTING, listing.id, images)
            listing = self._write(tx, listing, listing.terms)
            tx.commit()
        return listing

    def list_ids(self, seller_id: str) -> Sequence[str]:
        """Every listing of a store, whether or not it is on sale."""
        with self._uow.begin() as tx:
            return repository.list_ids(tx, seller_id)

    def publish(self, principal: Principal, listing_id: str) -> ListingRecord:
        """Put a draft on sale; harmless when it is already. Raises `ListingStatusConflict`,
        `StoreSuspended`, `StoreNotApproved`."""
        with self._uow.begin() as tx:
            listing = self._lock_own(tx, principal, listing_id, Permission.LISTINGS)
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
            listing = self._lock_own(tx, principal, listing_id, Permission.LISTINGS)
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
            self._lock_own(tx, principal, listing_id, Permission.STOCK)
            done = repository.set_on_hand(tx, listing_id, on_hand)
            listing = repository.get_listing(tx, listing_id)
            if not done:
                raise StockBelowReserved(listing_id, reserved=listing.reserved)
            tx.commit()
        return listing

    def _lock_own(
        self, tx: Transaction, principal: Principal, listing_id: str, needs: Permission
    ) -> ListingRecord:
        listing = repository.lock_listing(tx, require_id("prd", listing_id))
        if self._sellers.find_role(tx, listing.seller_id, principal.account_id) is not None:
            self._sellers.require(tx, listing.seller_id, principal, needs)
            return listing
        if listing.status is ListingStatus.DRAFT or listing.published_at is None:
            raise ListingNotFound(listing_id)
        raise NotYours("this listing belongs to another store")


def _require_version(listing: ListingRecord, version: int) -> None:
    if listing.version != version:
        raise ListingChanged(listing.id, version=listing.version)


def _require_open(seller: SellerRecord) -> None:
    if seller.status is SellerStatus.SUSPENDED:
        raise StoreSuspended
    if seller.status is not SellerStatus.APPROVED:
        raise StoreNotApproved
