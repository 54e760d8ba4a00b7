"""Webhooks to merchants: `/api/webhooks/endpoints`, `/api/webhooks/deliveries`."""

from typing import Annotated

from fastapi import Depends, Path, Query, Request, Response

from souk.core.db import Reads
from souk.core.ids import require_id
from souk.core.pagination import CursorCodec
from souk.core.web import (
    INVALID,
    LIMIT,
    UNAUTHENTICATED,
    Caller,
    Cursor,
    IdempotencyKey,
    Limit,
    Section,
    cacheable,
    once,
    provided,
)
from souk.modules.webhooks import queries
from souk.modules.webhooks.domain import DeliveryRecord, EndpointRecord, Revealed
from souk.modules.webhooks.errors import EndpointNotFound
from souk.modules.webhooks.schemas import (
    DeliveryBegun,
    DeliveryPage,
    DeliveryState,
    EndpointCreate,
    EndpointList,
    EndpointOut,
    EndpointRevealed,
    EndpointUpdate,
    RotateIn,
)
from souk.modules.webhooks.service import Endpoints, ResendGate, Resends

router = Section(prefix="/api/webhooks", tags=["webhooks"])
_Service = Annotated[Endpoints, Depends(provided(Endpoints))]
_Resends = Annotated[Resends, Depends(provided(Resends))]
_Gate = Annotated[ResendGate, Depends(provided(ResendGate))]
_Reads = Annotated[Reads, Depends(provided(Reads))]
_Cursors = Annotated[CursorCodec, Depends(provided(CursorCodec))]
_EndpointId = Annotated[
    str,
    Path(
        max_length=64, description="The endpoint's id.", examples=["whe_01h455vb4pex5vsknk084sn02q"]
    ),
]
_DeliveryId = Annotated[
    str,
    Path(
        max_length=64, description="The delivery's id.", examples=["whd_01h455vb4pex5vsknk084sn02q"]
    ),
]
_NOT_FOUND = {"description": "You have no such endpoint"}
_TAKEN = {"description": "You have too many endpoints, or one with this address"}
_UNSENT = {"description": "The endpoint is disabled, or the delivery is still being tried"}
_LIMITED = {"description": "Too many messages sent by hand"}


@router.post(
    "/endpoints",
    summary="Be told of what happens",
    status_code=201,
    response_model=EndpointRevealed,
    responses={401: UNAUTHENTICATED, 409: _TAKEN, 422: INVALID},
)
def create_endpoint(
    request: Request,
    body: EndpointCreate,
    caller: Caller,
    endpoints: _Service,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Makes an endpoint, to which messages are posted by the Standard Webhooks specification:
    about the caller's own purchases, and about the orders of the caller's store. The answer alone
    holds the secret to check their signatures with."""
    return once(
        request,
        caller=caller,
        key=idempotency_key,
        body=body,
        status=201,
        render=_render_kept,
        reveal=_render_revealed,
        act=lambda receipt: endpoints.create(caller, body.wish(), receipt),
    )


@router.get(
    "/endpoints",
    summary="The caller's endpoints",
    response_model=EndpointList,
    responses={401: UNAUTHENTICATED},
)
async def list_endpoints(request: Request, caller: Caller, reads: _Reads) -> Response:
    """All of them, the oldest first; there are at most ten."""
    return cacheable(request, await queries.endpoints(reads, caller.account_id) or b"")


@router.get(
    "/endpoints/{endpoint_id}",
    summary="One endpoint",
    response_model=EndpointOut,
    responses={401: UNAUTHENTICATED, 404: _NOT_FOUND},
)
async def read_endpoint(
    request: Request, endpoint_id: _EndpointId, caller: Caller, reads: _Reads
) -> Response:
    """What it is told, and whether it takes it: why it is disabled, since when it has failed."""
    document = await queries.endpoint(
        reads, require_id("whe", endpoint_id), account_id=caller.account_id
    )
    if document is None:
        raise EndpointNotFound
    return cacheable(request, document)


@router.patch(
    "/endpoints/{endpoint_id}",
    summary="Edit an endpoint",
    response_model=EndpointOut,
    responses={401: UNAUTHENTICATED, 404: _NOT_FOUND, 409: _TAKEN, 422: INVALID},
)
def edit_endpoint(
    endpoint_id: _EndpointId, body: EndpointUpdate, caller: Caller, endpoints: _Service
) -> EndpointOut:
    """Changes the fields that are sent. What waits for a disabled endpoint is sent once it is
    enabled; what happens meanwhile is not told to it."""
    edited = endpoints.edit(caller, endpoint_id, body.changes(), enabled=body.enabled)
    return EndpointOut.of(edited)


@router.delete(
    "/endpoints/{endpoint_id}",
    summary="Delete an endpoint",
    status_code=204,
    responses={401: UNAUTHENTICATED, 404: _NOT_FOUND},
)
def delete_endpoint(endpoint_id: _EndpointId, caller: Caller, endpoints: _Service) -> None:
    """Nothing is sent there any more, also of what waits; its log is gone."""
    endpoints.remove(caller, endpoint_id)


@router.post(
    "/endpoints/{endpoint_id}/rotate",
    summary="Exchange an endpoint's secret",
    response_model=EndpointRevealed,
    responses={
        401: UNAUTHENTICATED,
        404: _NOT_FOUND,
        409: {"description": "The same request is still being worked on"},
        422: INVALID,
    },
)
def rotate_secret(
    request: Request,
    endpoint_id: _EndpointId,
    body: RotateIn,
    caller: Caller,
    endpoints: _Service,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Makes a new secret, which the answer alone holds. For a while every message carries two
    signatures, so that the receiver can be changed over without missing one."""
    return once(
        request,
        caller=caller,
        key=idempotency_key,
        body=body,
        status=200,
        render=_render_kept,
        reveal=_render_revealed,
        act=lambda receipt: endpoints.rotate(
            caller, endpoint_id, keep_old_seconds=body.keep_old_seconds, receipt=receipt
        ),
    )


@router.post(
    "/endpoints/{endpoint_id}/test",
    summary="Try an endpoint",
    status_code=202,
    response_model=DeliveryBegun,
    responses={401: UNAUTHENTICATED, 404: _NOT_FOUND, 409: _UNSENT, 422: INVALID, 429: _LIMITED},
)
def ping_endpoint(
    request: Request,
    endpoint_id: _EndpointId,
    caller: Caller,
    resends: _Resends,
    gate: _Gate,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Sends a message of type `endpoint.ping`, signed like any other. What came of it stands in
    the endpoint's deliveries."""
    gate.admit(caller)
    return once(
        request,
        caller=caller,
        key=idempotency_key,
        body=None,
        status=202,
        render=_render_begun,
        act=lambda receipt: resends.ping(caller, endpoint_id, receipt),
    )


@router.get(
    "/endpoints/{endpoint_id}/deliveries",
    summary="What was sent to an endpoint",
    response_model=DeliveryPage,
    responses={401: UNAUTHENTICATED, 404: _NOT_FOUND, 422: INVALID},
)
async def list_deliveries(
    request: Request,
    endpoint_id: _EndpointId,
    caller: Caller,
    reads: _Reads,
    cursors: _Cursors,
    state: Annotated[
        DeliveryState | None, Query(description="Only deliveries that are in this state.")
    ] = None,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """The deliveries of the last 30 days, the newest first, each with its attempts."""
    page = await queries.deliveries(
        reads,
        cursors,
        require_id("whe", endpoint_id),
        account_id=caller.account_id,
        state=state,
        limit=limit,
        cursor=cursor,
    )
    if page is None:
        raise EndpointNotFound
    return cacheable(request, page)


@router.post(
    "/deliveries/{delivery_id}/replay",
    summary="Send a delivery again",
    status_code=202,
    response_model=DeliveryBegun,
    responses={
        401: UNAUTHENTICATED,
        404: {"description": "There is no such delivery to an endpoint of yours"},
        409: _UNSENT,
        422: INVALID,
        429: _LIMITED,
    },
)
def replay_delivery(
    request: Request,
    delivery_id: _DeliveryId,
    caller: Caller,
    resends: _Resends,
    gate: _Gate,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Sends the same message once more, under the same `webhook-id`, whether it had arrived or
    been given up; should it fail, it is tried again like a new one."""
    gate.admit(caller)
    return once(
        request,
        caller=caller,
        key=idempotency_key,
        body=None,
        status=202,
        render=_render_begun,
        act=lambda receipt: resends.replay(caller, delivery_id, receipt),
    )


def _render_kept(result: object) -> dict[str, object]:
    if not isinstance(result, EndpointRecord):
        raise TypeError(f"no endpoint: {type(result).__name__}")
    return EndpointRevealed.without_secret(result).model_dump(mode="json")


def _render_revealed(result: object) -> dict[str, object]:
    if not isinstance(result, Revealed):
        raise TypeError(f"no endpoint with a secret: {type(result).__name__}")
    return EndpointRevealed.with_secret(result).model_dump(mode="json")


def _render_begun(result: object) -> dict[str, object]:
    if not isinstance(result, DeliveryRecord):
        raise TypeError(f"no delivery: {type(result).__name__}")
    return DeliveryBegun.of(result).model_dump(mode="json")
