"""Requests and responses of carts."""

from typing import Annotated

from pydantic import Field, StrictInt

from souk.core.web import InstantOut, MoneyOut, RequestModel, ResponseModel
from souk.modules.catalog.domain import ListingKind
from souk.modules.orders.domain import MAX_QUANTITY

_LISTING = "prd_01h455vb4pex5vsknk084sn02q"


class CartItemPut(RequestModel):
    """How many of a listing are to be in the cart."""

    listing_id: Annotated[str, Field(max_length=64, examples=[_LISTING])]
    quantity: Annotated[StrictInt, Field(ge=1, le=MAX_QUANTITY, examples=[1])]


class CartCreated(ResponseModel):
    """A new, empty cart."""

    id: Annotated[str, Field(examples=["crt_01h455vb4pex5vsknk084sn02q"])]


class CartSeller(ResponseModel):
    """Who sells it."""

    id: str
    handle: str
    name: str


class CartItemOut(ResponseModel):
    """One listing in a cart, at its present price."""

    listing_id: Annotated[str, Field(examples=[_LISTING])]
    title: str
    kind: ListingKind
    seller: CartSeller
    quantity: int
    unit_price: MoneyOut
    total: MoneyOut
    available: Annotated[int, Field(description="How many can be bought now.")]
    on_sale: Annotated[bool, Field(description="Whether it can be ordered at all.")]


class CartOut(ResponseModel):
    """A cart. It holds neither stock nor prices: both are settled when it is ordered."""

    id: str
    items: list[CartItemOut]
    total: MoneyOut
    created_at: InstantOut
    updated_at: InstantOut
