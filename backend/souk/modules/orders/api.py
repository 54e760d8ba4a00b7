"""Carts: `/api/carts`."""

from typing import Annotated

from fastapi import Depends, Path, Request, Response

from souk.core.db import Reads
from souk.core.ids import require_id
from souk.core.web import (
    INVALID,
    UNAUTHENTICATED,
    Caller,
    IdempotencyKey,
    Section,
    cacheable,
    once,
    provided,
)
from souk.modules.orders import queries
from souk.modules.orders.errors import CartNotFound
from souk.modules.orders.schemas import CartCreated, CartItemPut, CartOut
from souk.modules.orders.service import Carts

router = Section(prefix="/api/carts", tags=["carts"])
_Service = Annotated[Carts, Depends(provided(Carts))]
_Reads = Annotated[Reads, Depends(provided(Reads))]
_CartId = Annotated[
    str,
    Path(max_length=64, description="The cart's id.", examples=["crt_01h455vb4pex5vsknk084sn02q"]),
]
_ListingId = Annotated[str, Path(max_length=64, description="The listing's id.")]
_NOT_FOUND = {"description": "The caller has no such cart"}


@router.post(
    "",
    summary="Open a cart",
    status_code=201,
    response_model=CartCreated,
    responses={
        401: UNAUTHENTICATED,
        409: {"description": "The same request is still being worked on"},
        422: INVALID,
    },
)
def create_cart(
    request: Request, caller: Caller, carts: _Service, idempotency_key: IdempotencyKey = None
) -> Response:
    """Makes an empty cart of the caller's own."""
    return once(
        request,
        caller=caller,
        key=idempotency_key,
        body=None,
        status=201,
        render=lambda cart_id: {"id": cart_id},
        act=lambda receipt: carts.create(caller, receipt=receipt),
    )


@router.get(
    "/{cart_id}",
    summary="One cart",
    response_model=CartOut,
    responses={401: UNAUTHENTICATED, 404: _NOT_FOUND},
)
async def read_cart(request: Request, cart_id: _CartId, caller: Caller, reads: _Reads) -> Response:
    """What is in the cart, at present prices, with how many are left of each."""
    document = await queries.cart(reads, require_id("crt", cart_id), account_id=caller.account_id)
    if document is None:
        raise CartNotFound(cart_id)
    return cacheable(request, document)


@router.put(
    "/{cart_id}/items",
    summary="Put a listing into a cart",
    status_code=204,
    responses={
        401: UNAUTHENTICATED,
        404: {"description": "The caller has no such cart, or there is no such listing"},
        409: {"description": "The listing is not on sale"},
        422: INVALID,
    },
)
def put_cart_item(cart_id: _CartId, body: CartItemPut, caller: Caller, carts: _Service) -> None:
    """Sets how many of a listing are in the cart; a repeat changes nothing."""
    carts.put_item(caller, cart_id, body.listing_id, body.quantity)


@router.delete(
    "/{cart_id}/items/{listing_id}",
    summary="Take a listing out of a cart",
    status_code=204,
    responses={401: UNAUTHENTICATED, 404: _NOT_FOUND},
)
def remove_cart_item(
    cart_id: _CartId, listing_id: _ListingId, caller: Caller, carts: _Service
) -> None:
    """Takes a listing out of the cart; harmless when it is not in."""
    carts.remove_item(caller, cart_id, listing_id)
