"""Where stores stand: `/{seller}/standing`, `/status`, `/verification`."""

from typing import Annotated

from fastapi import Depends, Request, Response

from souk.core.db import Reads
from souk.core.web import (
    INVALID,
    UNAUTHENTICATED,
    Caller,
    IdempotencyKey,
    Section,
    cacheable,
    json_response,
    once,
    provided,
)
from souk.modules.sellers import queries
from souk.modules.sellers.api.places import NOT_FOUND, PREFIX, Reference
from souk.modules.sellers.domain import StoredSeller, Verification
from souk.modules.sellers.errors import SellerNotFound
from souk.modules.sellers.schemas.standing import (
    BegunVerificationOut,
    SellerStatusIn,
    StandingHistoryOut,
    StandingOut,
    VerificationIn,
)
from souk.modules.sellers.service import BegunVerification, Sellers

router = Section(prefix=PREFIX, tags=["sellers"])
_Service = Annotated[Sellers, Depends(provided(Sellers))]
_Reads = Annotated[Reads, Depends(provided(Reads))]
_NOT_YOURS = {"description": "The store is somebody else's"}
_NO_WAY = {"description": "The store's standing does not lead there; `allowed` says where it does"}


@router.get(
    "/{seller}/standing",
    summary="Where a store stands",
    response_model=StandingHistoryOut,
    responses={
        401: UNAUTHENTICATED,
        404: {"description": "There is no such store, or it is not the caller's"},
    },
)
async def read_standing(
    request: Request, seller: Reference, caller: Caller, reads: _Reads
) -> Response:
    """Status and verification, and every step that led there: who, when and why. The store's own
    people and staff see it."""
    document = await queries.standing(
        reads, seller, viewer=caller.account_id, staff=caller.is_staff
    )
    if document is None:
        raise SellerNotFound("there is no such store among yours")
    return cacheable(request, document)


@router.put(
    "/{seller}/status",
    summary="Submit, approve or suspend a store",
    response_model=StandingOut,
    responses={
        401: UNAUTHENTICATED,
        403: _NOT_YOURS,
        404: NOT_FOUND,
        409: _NO_WAY,
        422: INVALID,
    },
)
def put_status(
    seller: Reference, body: SellerStatusIn, caller: Caller, sellers: _Service
) -> Response:
    """A seller submits a draft or takes it back; staff approve what was submitted, and suspend and
    reopen stores, though never one of their own. A suspended store takes no new orders and its
    payout wallet cannot be changed; its orders go on."""
    return _standing(sellers.move_status(caller, seller, body.status, body.reason))


@router.post(
    "/{seller}/verification",
    summary="Ask to be verified",
    status_code=201,
    response_model=BegunVerificationOut,
    responses={
        401: UNAUTHENTICATED,
        403: _NOT_YOURS,
        404: NOT_FOUND,
        409: _NO_WAY,
        422: INVALID,
    },
)
def begin_verification(
    request: Request,
    seller: Reference,
    caller: Caller,
    sellers: _Service,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Begins to find out who the seller is. Without it a store may have a limit on its orders, and
    no payouts by card. Where the seller goes on at a provider, `url` is good for one visit and is
    kept nowhere, so that a repeat of the request has none: ask anew for another, while the check
    is under way and after it has failed."""
    return once(
        request,
        caller=caller,
        key=idempotency_key,
        body=None,
        status=201,
        render=_begun,
        reveal=_begun_with_its_url,
        act=lambda receipt: sellers.begin_verification(caller, seller, receipt),
    )


@router.put(
    "/{seller}/verification",
    summary="Say what was found out about a seller",
    response_model=StandingOut,
    responses={
        401: UNAUTHENTICATED,
        403: _NOT_YOURS,
        404: NOT_FOUND,
        409: _NO_WAY,
        422: INVALID,
    },
)
def put_verification(
    seller: Reference, body: VerificationIn, caller: Caller, sellers: _Service
) -> Response:
    """For staff: verified or rejected, and why. The store's people read the reason."""
    found = Verification(body.verification)
    return _standing(sellers.decide_verification(caller, seller, found, body.reason))


def _standing(seller: StoredSeller) -> Response:
    return json_response(StandingOut.of(seller).model_dump_json().encode())


def _begun(begun: object) -> dict[str, object]:
    assert isinstance(begun, BegunVerification)  # noqa: S101 - what `begin_verification` returns
    return {**StandingOut.of(begun.seller).model_dump(mode="json"), "url": None}


def _begun_with_its_url(begun: object) -> dict[str, object]:
    assert isinstance(begun, BegunVerification)  # noqa: S101 - see above
    return {**_begun(begun), "url": begun.url}
