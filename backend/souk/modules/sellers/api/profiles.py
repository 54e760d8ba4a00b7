"""What stores say about themselves."""

import json
from typing import Annotated

from fastapi import Depends, Request, Response

from souk.core.db import Reads
from souk.core.web import (
    STALE,
    UNAUTHENTICATED,
    Caller,
    IdempotencyKey,
    IfMatch,
    MaybeCaller,
    Section,
    cacheable,
    json_response,
    once,
    provided,
    required_version,
)
from souk.modules.sellers import queries
from souk.modules.sellers.api.places import NOT_FOUND, PREFIX, Reference
from souk.modules.sellers.domain import StoredSeller
from souk.modules.sellers.errors import SellerNotFound
from souk.modules.sellers.schemas import OwnSellerOut, SellerCreate, SellerOut, SellerUpdate
from souk.modules.sellers.service import Sellers

router = Section(prefix=PREFIX, tags=["sellers"])
_Service = Annotated[Sellers, Depends(provided(Sellers))]
_Reads = Annotated[Reads, Depends(provided(Reads))]
_INVALID = {"description": "A field is wrong; `errors` says which and how to correct it"}


@router.post(
    "",
    summary="Open a store",
    status_code=201,
    response_model=SellerOut,
    responses={
        401: UNAUTHENTICATED,
        409: {"description": "This account has a store, or the handle is taken"},
        422: _INVALID,
    },
)
def create(
    request: Request,
    body: SellerCreate,
    caller: Caller,
    sellers: _Service,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Opens the caller's store under a handle of its own. Its profile is public at once. The
    payout wallet must have signed in to this account."""
    return once(
        request,
        caller=caller,
        key=idempotency_key,
        body=body,
        status=201,
        render=_render,
        act=lambda receipt: sellers.create(caller, body.profile(), receipt),
    )


@router.get(
    "/me",
    summary="The caller's own store",
    response_model=OwnSellerOut,
    responses={401: UNAUTHENTICATED, 404: {"description": "The caller has no store"}},
)
async def read_own(request: Request, caller: Caller, reads: _Reads) -> Response:
    """The profile of the signed-in account's store, as everybody sees it, and until when its payout
    wallet cannot be changed."""
    document = await queries.profile_of_account(reads, caller.account_id)
    if document is None:
        raise SellerNotFound("this account has no store yet")
    return _versioned(request, document)


@router.get(
    "/{seller}",
    summary="A store's public profile",
    response_model=SellerOut,
    responses={401: UNAUTHENTICATED, 404: NOT_FOUND},
)
async def read(request: Request, seller: Reference, caller: MaybeCaller, reads: _Reads) -> Response:
    """The public profile, by id or handle. Its ETag is what an edit sends as If-Match. A store
    that is not open yet is shown to its owner and staff alone."""
    viewer = None if caller is None else caller.account_id
    staff = caller is not None and caller.is_staff
    document = await queries.profile(reads, seller, viewer=viewer, staff=staff)
    if document is None:
        raise SellerNotFound("there is no such seller")
    return _versioned(request, document)


@router.patch(
    "/{seller}",
    summary="Edit a store's profile",
    response_model=SellerOut,
    responses={
        401: UNAUTHENTICATED,
        403: {
            "description": "The store is somebody else's, its payouts are frozen, or the caller has"
            " to prove anew who they are before money goes elsewhere, at `/api/auth/step-up`"
        },
        404: NOT_FOUND,
        409: {
            "description": "The handle is taken, or the payout wallet cannot be changed yet because"
            " the store has lost a name; `frozen_until` says when"
        },
        412: STALE,
        422: _INVALID,
    },
)
def edit(
    seller: Reference,
    body: SellerUpdate,
    caller: Caller,
    sellers: _Service,
    if_match: IfMatch = None,
) -> Response:
    """Changes the fields that are sent. If-Match says which version the edit was made on; when
    that is no longer the present one nothing changes and the answer names the present one."""
    version = required_version(if_match)
    edited = sellers.edit(
        caller, seller, body.changes(), version=version, payout_wallets=body.wallets()
    )
    answer = SellerOut.of(edited).model_dump_json().encode()
    return json_response(answer, headers={"ETag": f'"{edited.version}"'})


def _render(seller: object) -> dict[str, object]:
    assert isinstance(seller, StoredSeller)  # noqa: S101 - what `create` returns
    return SellerOut.of(seller).model_dump(mode="json")


def _versioned(request: Request, document: bytes) -> Response:
    return cacheable(request, document, version=int(json.loads(document)["version"]))
