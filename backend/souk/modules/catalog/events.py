"""Facts about listings. Each is ordered after the earlier ones of its listing."""

from dataclasses import dataclass

from souk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class _ListingEvent(Event):
    listing_id: str
    seller_id: str

    @property
    def aggregate(self) -> str:
        """The listing."""
        return self.listing_id


@dataclass(frozen=True, kw_only=True)
class ListingPublished(_ListingEvent):
    """A listing went on sale."""

    name = "listing.published"


@dataclass(frozen=True, kw_only=True)
class ListingEdited(_ListingEvent):
    """A listing's terms changed; `listing_version` counts its edits."""

    name = "listing.edited"
    listing_version: int


@dataclass(frozen=True, kw_only=True)
class ListingUnpublished(_ListingEvent):
    """A listing went off sale, for now (`draft`) or for good (`discontinued`)."""

    name = "listing.unpublished"
    status: str
