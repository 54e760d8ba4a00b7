"""Listings and their stock: `/api/marketplace/products`, `/inventory`, `/categories`."""

import json
from typing import Annotated

from fastapi import Depends, Path, Query, Request, Response

from souk.core.db import Reads
from souk.core.ids import require_id
from souk.core.pagination import CursorCodec
from souk.core.web import (
    INVALID,
    LIMIT,
    STALE,
    UNAUTHENTICATED,
    Caller,
    Cursor,
    IdempotencyKey,
    IfMatch,
    Limit,
    MaybeCaller,
    Section,
    cacheable,
    json_response,
    once,
    provided,
    required_version,
)
from souk.modules.catalog import queries
from souk.modules.catalog.domain import (
    CATEGORY_PATTERN,
    MAX_CATEGORY,
    MAX_PRICE,
    ListingRecord,
    ListingStatus,
)
from souk.modules.catalog.errors import ListingNotFound
from souk.modules.catalog.schemas import (
    Categories,
    ImagesIn,
    OwnProductOut,
    OwnProductPage,
    ProductCreate,
    ProductOut,
    ProductPage,
    ProductUpdate,
    StockIn,
    UnpublishIn,
)
from souk.modules.catalog.service import Catalog
from souk.modules.media.domain import FileAddresses

router = Section(prefix="/api/marketplace", tags=["catalogue"])
_Service = Annotated[Catalog, Depends(provided(Catalog))]
_Reads = Annotated[Reads, Depends(provided(Reads))]
_Addresses = Annotated[FileAddresses, Depends(provided(FileAddresses))]
_Cursors = Annotated[CursorCodec, Depends(provided(CursorCodec))]
_ListingId = Annotated[
    str,
    Path(
        max_length=64, description="The listing's id.", examples=["prd_01h455vb4pex5vsknk084sn02q"]
    ),
]
_Price = Annotated[int | None, Query(ge=0, le=MAX_PRICE, description="In cents.")]
_NOT_FOUND = {"description": "There is no such listing"}
_NOT_YOURS = {"description": "The listing belongs to another store"}


def _filters(
    seller: Annotated[
        str | None,
        Query(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="Id or handle of the store."),
    ] = None,
    category: Annotated[
        str | None,
        Query(
            pattern=CATEGORY_PATTERN,
            max_length=MAX_CATEGORY,
            description="One of `GET /api/marketplace/categories`.",
        ),
    ] = None,
    q: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=200,
            description='Words to find; `"exact phrase"`, `or` and `-without` are understood.',
        ),
    ] = None,
    min_price: _Price = None,
    max_price: _Price = None,
) -> queries.Filters:
    return queries.Filters(
        seller=seller, category=category, text=q, min_price=min_price, max_price=max_price
    )


@router.get(
    "/products",
    summary="What is on sale",
    response_model=ProductPage,
    responses={422: INVALID},
)
async def list_products(
    request: Request,
    reads: _Reads,
    cursors: _Cursors,
    addresses: _Addresses,
    filters: Annotated[queries.Filters, Depends(_filters)],
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """Published listings, the newest first, narrowed by any of the filters together."""
    page = await queries.products(reads, cursors, filters, limit=limit, cursor=cursor)
    return cacheable(request, addresses.completed(page))


@router.post(
    "/products",
    summary="Write a listing",
    status_code=201,
    response_model=OwnProductOut,
    responses={
        401: UNAUTHENTICATED,
        403: {"description": "The caller has no store"},
        409: {"description": "The same request is still being worked on"},
        422: INVALID,
    },
)
def create_product(
    request: Request,
    body: ProductCreate,
    caller: Caller,
    catalog: _Service,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Makes a draft in the caller's store, or in `seller_id` for a member of its team.
    Physical goods need `handling_days` and `transit_days`, from which the buyer's guarantees
    follow; digital goods have neither."""
    return once(
        request,
        caller=caller,
        key=idempotency_key,
        body=body,
        status=201,
        render=_render,
        act=lambda receipt: catalog.create(
            caller,
            body.terms(),
            on_hand=body.on_hand,
            seller_id=body.seller_id,
            receipt=receipt,
        ),
    )


@router.get(
    "/products/mine",
    summary="The caller's own listings",
    response_model=OwnProductPage,
    responses={401: UNAUTHENTICATED, 422: INVALID},
)
async def list_own_products(
    request: Request,
    caller: Caller,
    reads: _Reads,
    cursors: _Cursors,
    status: Annotated[
        ListingStatus | None, Query(description="Only listings that are in this status.")
    ] = None,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """All listings of the stores that the caller acts for, drafts included, the newest first."""
    page = await queries.own_products(
        reads, cursors, caller.account_id, status=status, limit=limit, cursor=cursor
    )
    return cacheable(request, page)


@router.get(
    "/products/{listing_id}",
    summary="One listing",
    response_model=ProductOut,
    responses={401: UNAUTHENTICATED, 404: _NOT_FOUND},
)
async def read_product(
    request: Request,
    listing_id: _ListingId,
    caller: MaybeCaller,
    reads: _Reads,
    addresses: _Addresses,
) -> Response:
    """A listing with its store and how many are left. Drafts are shown to their store's
    people only. Its ETag is what an edit sends as If-Match."""
    viewer = None if caller is None else caller.account_id
    document = await queries.product(reads, require_id("prd", listing_id), viewer=viewer)
    if document is None:
        raise ListingNotFound(listing_id)
    version = int(json.loads(document)["version"])
    return cacheable(request, addresses.completed(document), version=version)


@router.patch(
    "/products/{listing_id}",
    summary="Edit a listing",
    response_model=OwnProductOut,
    responses={
        401: UNAUTHENTICATED,
        403: _NOT_YOURS,
        404: _NOT_FOUND,
        409: {"description": "The listing is discontinued"},
        412: STALE,
        422: INVALID,
    },
)
def edit_product(
    listing_id: _ListingId,
    body: ProductUpdate,
    caller: Caller,
    catalog: _Service,
    if_match: IfMatch = None,
) -> Response:
    """Changes the fields that are sent. Orders already placed keep what they were placed for.
    If-Match says which version the edit was made on; when that is no longer the present one
    nothing changes."""
    version = required_version(if_match)
    return _own(catalog.edit(caller, listing_id, body.changes(), version=version))


@router.put(
    "/products/{listing_id}/images",
    summary="Show pictures with a listing",
    status_code=204,
    responses={
        401: UNAUTHENTICATED,
        403: _NOT_YOURS,
        404: _NOT_FOUND,
        412: STALE,
        422: {"description": "A picture is not yours, or was not uploaded as a product's"},
    },
)
def show_product_images(
    listing_id: _ListingId,
    body: ImagesIn,
    caller: Caller,
    catalog: _Service,
    if_match: IfMatch = None,
) -> Response:
    """Shows pictures of the caller's, uploaded with the purpose `product`, in this order, and no
    others from now on; an empty list shows none. They can be seen at once. If-Match says which
    version of the listing they were chosen for; when that is no longer the present one nothing
    changes. The answer's ETag is the next one."""
    version = required_version(if_match)
    shown = [image.shown() for image in body.images]
    listing = catalog.show_images(caller, listing_id, shown, version=version)
    return Response(status_code=204, headers={"ETag": f'"{listing.version}"'})


@router.post(
    "/products/{listing_id}/publish",
    summary="Put a listing on sale",
    response_model=OwnProductOut,
    responses={
        401: UNAUTHENTICATED,
        403: {"description": "The listing belongs to another store, or the store is suspended"},
        404: _NOT_FOUND,
        409: {"description": "The listing is discontinued"},
    },
)
def publish_product(listing_id: _ListingId, caller: Caller, catalog: _Service) -> Response:
    """Puts a draft on sale; harmless when it is on sale already."""
    return _own(catalog.publish(caller, listing_id))


@router.post(
    "/products/{listing_id}/unpublish",
    summary="Take a listing off sale",
    response_model=OwnProductOut,
    responses={
        401: UNAUTHENTICATED,
        403: _NOT_YOURS,
        404: _NOT_FOUND,
        409: {"description": "The listing is discontinued"},
        422: INVALID,
    },
)
def unpublish_product(
    listing_id: _ListingId,
    caller: Caller,
    catalog: _Service,
    body: UnpublishIn | None = None,
) -> Response:
    """Takes a listing off sale, for now or for good. Orders already placed go on."""
    to = ListingStatus((body or UnpublishIn()).to)
    return _own(catalog.unpublish(caller, listing_id, to=to))


@router.put(
    "/inventory/{listing_id}",
    summary="Set a listing's stock",
    response_model=OwnProductOut,
    responses={
        401: UNAUTHENTICATED,
        403: _NOT_YOURS,
        404: _NOT_FOUND,
        409: {"description": "More than that is reserved for open orders"},
        422: INVALID,
    },
)
def set_stock(listing_id: _ListingId, body: StockIn, caller: Caller, catalog: _Service) -> Response:
    """Says how many lie on the shelf, those reserved for unpaid orders included."""
    return _own(catalog.set_stock(caller, listing_id, on_hand=body.on_hand))


@router.get("/categories", summary="Categories of what is on sale", response_model=Categories)
async def list_categories(request: Request, reads: _Reads) -> Response:
    """Every category that has something on sale, with how many listings."""
    return cacheable(request, await queries.categories(reads) or b'{"data":[]}')


def _render(listing: object) -> dict[str, object]:
    assert isinstance(listing, ListingRecord)  # noqa: S101 - what `create` returns
    return OwnProductOut.of(listing).model_dump(mode="json")


def _own(listing: ListingRecord) -> Response:
    answer = OwnProductOut.of(listing).model_dump_json().encode()
    return json_response(answer, headers={"ETag": f'"{listing.version}"'})
