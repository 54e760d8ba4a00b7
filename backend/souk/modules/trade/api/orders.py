"""Orders as clients see them: place, follow, move."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from souk.core.clock import Clock
from souk.core.db import Reads
from souk.core.idempotency import Receipt
from souk.core.ids import require_id
from souk.core.pagination import CursorCodec
from souk.core.principal import NotYours
from souk.core.streams import Viewer, Watch
from souk.core.wakeups import AsyncWakeups
from souk.core.web import (
    LIMIT,
    Caller,
    Cursor,
    IdempotencyKey,
    Limit,
    MaybeCaller,
    Section,
    cacheable,
    once,
    provided,
)
from souk.modules.media.domain import FileAddresses
from souk.modules.orders.domain import OrderStatus
from souk.modules.trade import queries
from souk.modules.trade.domain import Moved, OrderPages, TimelineLinks
from souk.modules.trade.errors import OrderHidden
from souk.modules.trade.schemas import (
    MovedOut,
    OrderOut,
    OrdersOut,
    PartyOrderOut,
    PlacedOut,
    PlaceIn,
    StatusIn,
    TermsListOut,
    render_moved,
    render_placed,
)
from souk.modules.trade.service import Cancellations, Deliveries, Placements

router = Section(prefix="/api/orders", tags=["orders"])

_KEEP_ALIVE_SECONDS = 15.0
# A stream asks once who may see it; opened anew it asks again, so that it does not outlive its
# session for long.
_STREAM_SECONDS = 900.0


class OrderWatch(Watch):
    """The open event streams of orders in this process."""

    def __init__(self, reads: Reads, wakeups: AsyncWakeups) -> None:
        super().__init__(partial(queries.timeline_positions, reads), wakeups)


ReadsDep = Annotated[Reads, Depends(provided(Reads))]
ClockDep = Annotated[Clock, Depends(provided(Clock))]
CursorsDep = Annotated[CursorCodec, Depends(provided(CursorCodec))]
PagesDep = Annotated[OrderPages, Depends(provided(OrderPages))]
LinksDep = Annotated[TimelineLinks, Depends(provided(TimelineLinks))]
AddressesDep = Annotated[FileAddresses, Depends(provided(FileAddresses))]
TimelineKey = Annotated[str, Query(max_length=128, description="`timeline_key` of the order.")]
MaybeTimelineKey = Annotated[
    str | None, Query(max_length=128, description="`timeline_key` of the order, or none.")
]
OrderId = Annotated[str, Path(description="The order's id.", max_length=64)]
BuyerId = Annotated[str, Path(description="The buyer's account id.", max_length=64)]
SellerId = Annotated[str, Path(description="The store's id.", max_length=64)]
StatusFilter = Annotated[OrderStatus | None, Query(description="Only orders in this status.")]

Responses = dict[int | str, dict[str, Any]]  # as FastAPI declares it

_SIGNED_OUT: Responses = {401: {"description": "Nobody is signed in"}}
_PRIVATE: Responses = {**_SIGNED_OUT, 404: {"description": "No such order among the caller's"}}
_LISTED: Responses = {
    **_SIGNED_OUT,
    403: {"description": "These are somebody else's"},
    404: {"description": "The id is malformed"},
    422: {"description": "A filter, limit or cursor is wrong"},
}
_MOVES: Responses = {
    **_PRIVATE,
    403: {"description": "The other party of the order does this"},
    409: {"description": "The order's status does not allow it; the body says what it does"},
    422: {"description": "The request is wrong in itself"},
}


@router.post(
    "",
    status_code=201,
    summary="Place an order, and pay it",
    response_model=PlacedOut,
    responses={
        **_SIGNED_OUT,
        404: {"description": "A listing, cart or payment does not exist"},
        409: {
            "description": "Sold out, not for sale, being paid, or too much is unpaid; or a store"
            " has lost its name in this moment, which is said once"
        },
        422: {"description": "An empty cart or a malformed field"},
    },
)
def place_order(
    body: PlaceIn,
    request: Request,
    caller: Caller,
    placements: Annotated[Placements, Depends(provided(Placements))],
    key: IdempotencyKey = None,
) -> Response:
    """Reserves the stock and opens one order for each seller in it. With `pay` the answer also
    says which calls the buyer's wallet has to sign. With `payment_id` it returns the checkout
    that this payment was opened for."""
    pay = None if body.pay is None else body.pay.choice()
    wanted = None if body.items is None else [(i.listing_id, i.quantity) for i in body.items]

    def act(receipt: Receipt) -> object:
        return placements.place_and_pay(
            caller,
            wanted,
            cart_id=body.cart_id,
            payment_id=body.payment_id,
            pay=pay,
            receipt=receipt,
        )

    return once(
        request, caller=caller, key=key, body=body, status=201, render=render_placed, act=act
    )


@router.put(
    "/{order_id}/status",
    summary="Move an order on",
    response_model=MovedOut,
    responses=_MOVES,
)
def move_order(
    order_id: OrderId,
    body: StatusIn,
    request: Request,
    caller: Caller,
    deliveries: Annotated[Deliveries, Depends(provided(Deliveries))],
    cancellations: Annotated[Cancellations, Depends(provided(Cancellations))],
    clock: ClockDep,
    key: IdempotencyKey = None,
) -> Response:
    """The seller accepts (`processing`) and ships (`shipped`); the buyer confirms `delivered` and
    releases the money (`completed`); either cancels what is unpaid, the seller also what is paid.

    Where the escrow contract has to act the answer carries the call to sign, and the status
    changes when the chain says that it happened."""
    require_id("ord", order_id)
    tracking = None if body.tracking is None else body.tracking.tracking(clock.now())
    reason = body.reason or "cancelled on request"
    moves: dict[str, Callable[[Receipt], Moved]] = {
        "processing": lambda receipt: deliveries.accept(caller, order_id, receipt),
        "shipped": lambda receipt: deliveries.ship(caller, order_id, tracking, receipt),
        "delivered": lambda receipt: deliveries.confirm_delivery(caller, order_id, receipt),
        "completed": lambda receipt: deliveries.release(caller, order_id, receipt),
        "cancelled": lambda receipt: cancellations.cancel(caller, order_id, reason, receipt),
    }
    return once(
        request,
        caller=caller,
        key=key,
        body=body,
        status=200,
        render=render_moved,
        act=moves[body.status],
    )


@router.get(
    "/{order_id}", summary="One order, whole", response_model=PartyOrderOut, responses=_PRIVATE
)
async def get_order(
    order_id: OrderId,
    request: Request,
    caller: Caller,
    reads: ReadsDep,
    pages: PagesDep,
    links: LinksDep,
    clock: ClockDep,
    addresses: AddressesDep,
) -> Response:
    """Lines, history, tracking, payment attempts and where the money is. Its parties and staff
    see it; `timeline_key` opens the order's page in a browser: for its buyer seven days long,
    for others, and programs, an hour or two."""
    page = await queries.order_page(
        reads,
        require_id("ord", order_id),
        account_id=caller.account_id,
        staff=caller.is_staff,
        confirmations=pages.confirmations,
    )
    if page is None:
        raise OrderHidden("there is no such order among yours")
    # Only the buyer stays a party to the order whatever becomes of teams, roles and keys.
    brief = caller.scopes is not None or json.loads(page)["buyer_id"] != caller.account_id
    key = json.dumps(links.key(order_id, clock.now(), brief=brief)).encode()
    shown = addresses.completed(page)
    return cacheable(request, shown.rstrip()[:-1] + b', "timeline_key": ' + key + b"}")


@router.get(
    "/{order_id}/timeline",
    summary="One order, by its timeline key",
    response_model=OrderOut,
    responses={404: {"description": "The key does not open this order, or has ended"}},
)
async def get_timeline(
    order_id: OrderId,
    request: Request,
    reads: ReadsDep,
    pages: PagesDep,
    links: LinksDep,
    clock: ClockDep,
    key: TimelineKey,
    addresses: AddressesDep,
) -> Response:
    """The same document for whoever holds the key that a party was given: read only, one order,
    for as long as the key lasts."""
    links.require(require_id("ord", order_id), key, clock.now())
    page = await queries.order_timeline(reads, order_id, confirmations=pages.confirmations)
    if page is None:
        raise OrderHidden("there is no such order")
    return cacheable(request, addresses.completed(page))


@router.get(
    "/{order_id}/terms",
    summary="The terms of every attempt to pay it",
    response_model=TermsListOut,
    responses=_PRIVATE,
)
async def get_terms(
    order_id: OrderId, request: Request, caller: Caller, reads: ReadsDep
) -> Response:
    """The documents that the escrow's `ref` is the SHA-256 of, for the order's two parties: with
    them each can act on the contract without us."""
    documents = await queries.terms_documents(
        reads, require_id("ord", order_id), account_id=caller.account_id
    )
    if documents is None:
        raise OrderHidden("there is no such order among yours")
    return cacheable(request, documents)


@router.get(
    "/buyer/{buyer_id}",
    summary="A buyer's orders",
    response_model=OrdersOut,
    responses=_LISTED,
)
async def list_bought(
    buyer_id: BuyerId,
    request: Request,
    caller: Caller,
    reads: ReadsDep,
    cursors: CursorsDep,
    status: StatusFilter = None,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """Newest first. One's own, or anybody's for staff."""
    if require_id("acc", buyer_id) != caller.account_id and not caller.is_staff:
        raise NotYours("these are the orders of another account")
    scope = f"orders.bought:{buyer_id}:{status}"
    position = cursors.decode(scope, cursor, width=1)
    page = await queries.orders_bought(
        reads, buyer_id, status=status, after=position[0] if position else None, limit=limit
    )
    return cacheable(request, cursors.page(scope, page))


@router.get(
    "/seller/{seller_id}",
    summary="A seller's orders",
    response_model=OrdersOut,
    responses=_LISTED,
)
async def list_sold(
    seller_id: SellerId,
    request: Request,
    caller: Caller,
    reads: ReadsDep,
    cursors: CursorsDep,
    status: StatusFilter = None,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """Newest first. Those of a store that the caller acts for, or of any for staff."""
    own = await queries.acts_for(reads, require_id("sel", seller_id), caller.account_id)
    if not own and not caller.is_staff:
        raise NotYours("these are the orders of another store")
    scope = f"orders.sold:{seller_id}:{status}"
    position = cursors.decode(scope, cursor, width=1)
    page = await queries.orders_sold(
        reads, seller_id, status=status, after=position[0] if position else None, limit=limit
    )
    return cacheable(request, cursors.page(scope, page))


@router.get(
    "/{order_id}/events",
    summary="An order's changes as they happen",
    response_class=StreamingResponse,
    responses={
        **_PRIVATE,
        429: {"description": "Too many streams of this order, or at all, are open"},
        200: {
            "description": "Server-sent events named `order`",
            "content": {"text/event-stream": {}},
        },
    },
)
async def stream_order(
    order_id: OrderId,
    caller: MaybeCaller,
    reads: ReadsDep,
    watch: Annotated[OrderWatch, Depends(provided(OrderWatch))],
    links: LinksDep,
    clock: ClockDep,
    key: MaybeTimelineKey = None,
) -> StreamingResponse:
    """One event at once and one after changes, with the order's status, its whole path and its
    latest step; the whole order is read with `GET`. Comes with a bearer token or a timeline key.
    The stream ends after a quarter of an hour or with its key; a browser then opens it anew."""
    require_id("ord", order_id)
    seconds = _STREAM_SECONDS
    if key is not None:
        now = clock.now()
        seconds = min(seconds, (links.require(order_id, key, now) - now).total_seconds())
    elif caller is None or not await queries.order_party(reads, order_id, caller.account_id):
        raise OrderHidden("there is no such order among yours")
    return _OrderStream(watch.open(order_id), seconds)


class _OrderStream(StreamingResponse):
    """The changes that a viewer is told of; the viewer leaves when the answer ends, however."""

    def __init__(self, viewer: Viewer, seconds: float) -> None:
        super().__init__(
            _changes(viewer, seconds),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )
        self._viewer = viewer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._viewer:
            await super().__call__(scope, receive, send)


async def _changes(viewer: Viewer, seconds: float) -> AsyncIterator[bytes]:
    """The order's position whenever it changes; a comment now and then, so that a connection that
    nobody holds any more is noticed."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while (left := end - loop.time()) > 0:
        position = await viewer.changed(min(left, _KEEP_ALIVE_SECONDS))
        if position is None:
            yield b": still here\n\n"
        else:
            yield b"event: order\ndata: " + position + b"\n\n"
