"""Requests and responses of the catalogue."""

from typing import Annotated, Literal, Self, cast

from pydantic import Field, StrictInt, model_validator

from souk.core.money import USD, Money
from souk.core.web import InstantOut, MoneyOut, RequestModel, ResponseModel
from souk.modules.catalog import domain
from souk.modules.catalog.domain import (
    ListingChanges,
    ListingKind,
    ListingRecord,
    ListingStatus,
    ListingTerms,
)
from souk.modules.media.domain import (
    ALT_TEXT_LENGTH,
    MediaType,
    Purpose,
    Shown,
    Variant,
    normal_alt_text,
    parse_cid,
)

_CID = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"
_ID = "prd_01h455vb4pex5vsknk084sn02q"
_Title = Annotated[
    str,
    Field(min_length=domain.MIN_TITLE, max_length=domain.MAX_TITLE, examples=["Fig jam, 250 g"]),
]
_Description = Annotated[
    str, Field(max_length=domain.MAX_DESCRIPTION, examples=["From our own trees."])
]
_Category = Annotated[
    str,
    Field(
        max_length=domain.MAX_CATEGORY, pattern=domain.CATEGORY_PATTERN, examples=["food-pantry"]
    ),
]
_HandlingDays = Annotated[
    StrictInt,
    Field(
        ge=0,
        le=domain.MAX_HANDLING_DAYS,
        description="Days until the goods leave; physical goods only.",
        examples=[2],
    ),
]
_TransitDays = Annotated[
    StrictInt,
    Field(
        ge=domain.MIN_TRANSIT_DAYS,
        le=domain.MAX_TRANSIT_DAYS,
        description="Longest time on the way; physical goods only.",
        examples=[7],
    ),
]
_OnHand = Annotated[
    StrictInt,
    Field(
        ge=0,
        le=domain.MAX_STOCK,
        description="How many lie on the shelf, those reserved for unpaid orders included.",
        examples=[12],
    ),
]


class PriceIn(RequestModel):
    """A price in US dollars; the amount is in cents."""

    amount: Annotated[str, Field(max_length=10, pattern=r"^[1-9][0-9]{0,9}$", examples=["1299"])]
    currency: Literal["USD"] = "USD"
    exponent: Annotated[StrictInt, Field(ge=2, le=2)] = 2

    def money(self) -> Money:
        """The amount with its asset."""
        return Money(int(self.amount), USD)


class ProductCreate(RequestModel):
    """A new draft."""

    title: _Title
    description: _Description = ""
    category: _Category | None = None
    price: PriceIn
    kind: ListingKind
    handling_days: _HandlingDays | None = None
    transit_days: _TransitDays | None = None
    on_hand: _OnHand = 0
    seller_id: (
        Annotated[
            str,
            Field(
                max_length=64,
                description="The store, where it is another's that the caller acts for.",
                examples=["sel_01h455vb4pex5vsknk084sn02q"],
            ),
        ]
        | None
    ) = None

    def terms(self) -> ListingTerms:
        """The terms that are asked for."""
        return ListingTerms(
            title=self.title,
            description=self.description,
            category=self.category,
            price=self.price.money(),
            kind=self.kind,
            handling_days=self.handling_days,
            transit_days=self.transit_days,
        )


class ProductUpdate(RequestModel):
    """New values for some fields; an absent one stays, `null` clears the category."""

    title: _Title | None = None
    description: _Description | None = None
    category: _Category | None = None
    price: PriceIn | None = None
    handling_days: _HandlingDays | None = None
    transit_days: _TransitDays | None = None

    @model_validator(mode="after")
    def _nothing_required_is_removed(self) -> Self:
        for name in self.model_fields_set - {"category"}:
            if getattr(self, name) is None:
                raise ValueError(f"{name} cannot be removed, only changed")
        return self

    def changes(self) -> ListingChanges:
        """The fields that were sent."""
        sent = self.model_dump(exclude_unset=True, exclude={"price"})
        changes = cast("ListingChanges", sent)
        if self.price is not None:
            changes["price"] = self.price.money()
        return changes


class UnpublishIn(RequestModel):
    """Where a listing goes from being on sale."""

    to: Annotated[
        Literal["draft", "discontinued"],
        Field(description="`draft` can be published again, `discontinued` never."),
    ] = "draft"


class StockIn(RequestModel):
    """A new stock."""

    on_hand: _OnHand


class ShownImageIn(RequestModel):
    """A picture of the caller's, and what it shows of these goods."""

    ipfs_hash: Annotated[
        str,
        Field(max_length=59, pattern=r"^b[a-z2-7]{58}$", examples=[_CID]),
    ]
    alt_text: Annotated[
        str, Field(max_length=ALT_TEXT_LENGTH, examples=["The jar from its label's side"])
    ] = ""

    def shown(self) -> Shown:
        """The picture that is asked for. Raises `MalformedCid`, `AltTextUnfit`."""
        return Shown(parse_cid(self.ipfs_hash), normal_alt_text(self.alt_text))


class ImagesIn(RequestModel):
    """All pictures of a listing from now on, in their order."""

    images: Annotated[list[ShownImageIn], Field(max_length=Purpose.PRODUCT.caps.max_count)]


class ShownFile(ResponseModel):
    """One file of a picture, and where it is fetched from."""

    variant: Variant
    media_type: MediaType
    cid: str
    url: Annotated[str, Field(examples=[f"/ipfs/{_CID}"])]
    width: int
    height: int
    bytes: int


class ShownImage(ResponseModel):
    """A picture of the goods. It was cleaned, and its address follows from its bytes."""

    ipfs_hash: Annotated[str, Field(examples=[_CID])]
    alt_text: str
    width: int
    height: int
    colour: str
    blurhash: str
    files: Annotated[list[ShownFile], Field(description="The smallest first.")]


class ProductSeller(ResponseModel):
    """Who sells it."""

    id: Annotated[str, Field(examples=["sel_01h455vb4pex5vsknk084sn02q"])]
    handle: str
    name: str
    on_holiday: Annotated[bool, Field(description="It takes no new orders for now.")]


class ProductSummary(ResponseModel):
    """A listing in a list."""

    id: Annotated[str, Field(examples=[_ID])]
    title: str
    category: str | None
    kind: ListingKind
    price: MoneyOut
    seller: ProductSeller
    available: Annotated[int, Field(description="How many can be bought now.")]
    sold_out: bool
    image: Annotated[ShownImage | None, Field(description="The first of its pictures.")]
    published_at: InstantOut


class ProductPage(ResponseModel):
    """A page of what is on sale, newest first."""

    data: list[ProductSummary]
    next_cursor: str | None


class ProductOut(ResponseModel):
    """A listing as everybody sees it."""

    id: Annotated[str, Field(examples=[_ID])]
    status: ListingStatus
    version: Annotated[int, Field(description="Send it as If-Match when editing.")]
    title: str
    description: str
    category: str | None
    kind: ListingKind
    price: MoneyOut
    handling_days: int | None
    transit_days: int | None
    seller: ProductSeller
    available: int
    sold_out: bool
    images: Annotated[list[ShownImage], Field(description="In the seller's order.")]
    created_at: InstantOut
    updated_at: InstantOut
    published_at: InstantOut | None


class OwnProductOut(ResponseModel):
    """A listing as its owner sees it."""

    id: Annotated[str, Field(examples=[_ID])]
    seller_id: str
    status: ListingStatus
    version: Annotated[int, Field(description="Send it as If-Match when editing.")]
    title: str
    description: str
    category: str | None
    kind: ListingKind
    price: MoneyOut
    handling_days: int | None
    transit_days: int | None
    on_hand: int
    reserved: Annotated[int, Field(description="Held for orders that are not paid yet.")]
    available: int
    sold_out: bool
    created_at: InstantOut
    updated_at: InstantOut
    published_at: InstantOut | None

    @classmethod
    def of(cls, listing: ListingRecord) -> Self:
        """The same document that the list of own products has."""
        terms = listing.terms
        return cls(
            id=listing.id,
            seller_id=listing.seller_id,
            status=listing.status,
            version=listing.version,
            title=terms.title,
            description=terms.description,
            category=terms.category,
            kind=terms.kind,
            price=MoneyOut(
                amount=str(terms.price.amount), currency=USD.code, exponent=USD.exponent
            ),
            handling_days=terms.handling_days,
            transit_days=terms.transit_days,
            on_hand=listing.on_hand,
            reserved=listing.reserved,
            available=listing.available,
            sold_out=listing.available == 0,
            created_at=listing.created_at,
            updated_at=listing.updated_at,
            published_at=listing.published_at,
        )


class OwnProductPage(ResponseModel):
    """A page of own listings, the newest first."""

    data: list[OwnProductOut]
    next_cursor: str | None


class CategoryOut(ResponseModel):
    """A category of what is on sale."""

    category: str
    listings: int


class Categories(ResponseModel):
    """All categories of what is on sale."""

    data: list[CategoryOut]
