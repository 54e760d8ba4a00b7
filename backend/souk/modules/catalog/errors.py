"""What the catalogue refuses.

NotFoundError
+-- ListingNotFound        no such listing, or a draft of somebody else
ConflictError
+-- ListingNotPublished    the listing is not on sale
+-- StoreOnHoliday         the listing's store takes no new orders for now
+-- ListingSoldOut         fewer are left than were asked for
+-- ListingStatusConflict  the listing cannot go from its present status to the one asked for
+-- StockBelowReserved     more is promised to buyers than the new stock would hold
+-- ReservationEnded       the stock of this order was given back already
StaleError
+-- ListingChanged         somebody edited the listing in between
ForbiddenError
+-- SellerProfileRequired  only an account with a store can list goods
+-- StoreSuspended         the store may not sell for now
+-- StoreNotApproved       the store may not sell yet
RejectedError
+-- BadListing             a field is out of its bounds
"""

from collections.abc import Sequence

from souk.core.errors import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RejectedError,
    StaleError,
)


class ListingNotFound(NotFoundError):
    """No such listing, or a draft of somebody else, of which nobody else may know."""

    code = "listing_not_found"

    def __init__(self, listing_id: str) -> None:
        super().__init__("there is no such listing", context={"listing_id": listing_id})


class ListingNotPublished(ConflictError):
    """The listing exists but is not on sale."""

    code = "listing_not_published"

    def __init__(self, listing_id: str) -> None:
        super().__init__(
            "this listing is not on sale; remove it and go on with the others",
            context={"listing_id": listing_id},
        )


class StoreOnHoliday(ConflictError):
    """The store takes no new orders for now; those it has go on.

    Leave its listings out, or come back later: its page says until when, if the seller does.
    """

    code = "store_on_holiday"

    def __init__(self, listing_id: str, *, seller_id: str, note: str | None) -> None:
        super().__init__(
            "this store is on holiday and takes no new orders",
            context={"listing_id": listing_id, "seller_id": seller_id, "note": note},
        )


class ListingSoldOut(ConflictError):
    """Fewer are left than were asked for; nothing was reserved."""

    code = "listing_sold_out"

    def __init__(self, listing_id: str, *, wanted: int, available: int) -> None:
        super().__init__(
            f"only {available} left, {wanted} were asked for" if available else "sold out",
            context={"listing_id": listing_id, "wanted": wanted, "available": available},
        )
        self.listing_id = listing_id
        self.available = available


class ListingChanged(StaleError):
    """The listing was edited since the caller read it."""

    code = "listing_changed"

    def __init__(self, listing_id: str, *, version: int) -> None:
        super().__init__(
            "the listing was edited meanwhile; read it again and repeat the change",
            context={"listing_id": listing_id, "version": version},
        )


class ListingStatusConflict(ConflictError):
    """The listing's status does not lead to the one asked for."""

    code = "listing_status_conflict"

    def __init__(self, listing_id: str, *, status: str, allowed: Sequence[str]) -> None:
        super().__init__(
            f"a listing that is {status} does not allow this",
            context={"listing_id": listing_id, "status": status, "allowed": list(allowed)},
        )


class StockBelowReserved(ConflictError):
    """The new stock would not cover what buyers were promised."""

    code = "stock_below_reserved"

    def __init__(self, listing_id: str, *, reserved: int) -> None:
        super().__init__(
            f"{reserved} are reserved for open orders; the stock cannot be less",
            context={"listing_id": listing_id, "reserved": reserved},
        )


class ReservationEnded(ConflictError):
    """The stock of this order was given back, so that it can no longer be allocated."""

    code = "reservation_ended"

    def __init__(self, order_id: str) -> None:
        super().__init__(
            "the goods of this order are no longer reserved", context={"order_id": order_id}
        )


class SellerProfileRequired(ForbiddenError):
    """The account has no store."""

    code = "seller_profile_required"

    def __init__(self) -> None:
        super().__init__("open a store first (POST /api/marketplace/sellers), then list goods")


class StoreSuspended(ForbiddenError):
    """The store may not sell for now."""

    code = "store_suspended"

    def __init__(self) -> None:
        super().__init__("your store is suspended; ask support before you publish again")


class StoreNotApproved(ForbiddenError):
    """The store may not sell yet.

    Prepare drafts meanwhile; submit the store (`PUT /api/marketplace/sellers/{seller}/status`).
    """

    code = "store_not_approved"

    def __init__(self) -> None:
        super().__init__("your store is not approved yet; what is a draft can stay one until then")


class BadListing(RejectedError):
    """A field of a listing is out of its bounds; the pointer names it."""

    code = "bad_listing"

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}", context={"pointer": f"/{field}"})
