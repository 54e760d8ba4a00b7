"""Payments: `/api/payments`."""

import json
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from souk.core.addresses import parse_address
from souk.core.db import Reads
from souk.core.ids import require_id
from souk.core.pagination import CursorCodec
from souk.core.principal import NotYours
from souk.core.web import (
    INVALID,
    LIMIT,
    UNAUTHENTICATED,
    Caller,
    Cursor,
    IdempotencyKey,
    Limit,
    cacheable,
    json_response,
    once,
    provided,
)
from souk.modules.payments import queries
from souk.modules.payments.domain import PaymentState, outcome_json
from souk.modules.payments.errors import PaymentNotFound
from souk.modules.payments.schemas import (
    CreditsOut,
    MethodsOut,
    OutcomeOut,
    PaymentConfirm,
    PaymentCreate,
    PaymentOpened,
    PaymentOut,
    PaymentPage,
    PaymentProcess,
    PaymentStateOut,
    StartedOut,
    WithdrawIn,
)
from souk.modules.payments.service import Credits, Payments, StartedAttempt

router = APIRouter(prefix="/api/payments", tags=["payments"])
_Service = Annotated[Payments, Depends(provided(Payments))]
_Reads = Annotated[Reads, Depends(provided(Reads))]
_Cursors = Annotated[CursorCodec, Depends(provided(CursorCodec))]
_PaymentId = Annotated[
    str,
    Path(
        max_length=64, description="The payment's id.", examples=["pay_01h455vb4pex5vsknk084sn02q"]
    ),
]
_OrderId = Annotated[str, Path(max_length=64, description="The order's id.")]
_UserId = Annotated[str, Path(max_length=64, description="The account's id.")]
_Credits = Annotated[Credits, Depends(provided(Credits))]
_ChainId = Annotated[int, Query(ge=1, le=2**53, description="The chain.", examples=[31337])]
_Wallet = Annotated[
    str | None, Query(max_length=64, description="Only this one of the caller's wallets.")
]
_NOT_PROVED = {"description": "The wallet is not one of the caller's"}
_CHAIN_AWAY = {"description": "The chain cannot be asked now; try again in a moment"}
_NOT_FOUND = {"description": "The caller has no such payment"}
_BAD_PAGE = {"description": "The limit is out of bounds, or the cursor belongs to another list"}


@router.post(
    "",
    summary="Open the payment of a checkout",
    status_code=201,
    response_model=PaymentOpened,
    responses={
        401: UNAUTHENTICATED,
        404: {"description": "The caller has no such checkout"},
        409: {"description": "The same request is still being worked on"},
        422: INVALID,
    },
)
def open_payment(
    request: Request,
    body: PaymentCreate,
    caller: Caller,
    payments: _Service,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Every checkout has one payment; opening it again answers with the same one. Nothing is
    asked of anybody yet: start an attempt on it."""
    checkout_id = require_id("chk", body.checkout_id)
    return once(
        request,
        caller=caller,
        key=idempotency_key,
        body=body,
        status=201,
        render=lambda payment_id: {"id": payment_id, "checkout_id": checkout_id},
        act=lambda receipt: payments.open(caller, checkout_id, receipt),
    )


@router.post(
    "/process",
    summary="Start an attempt to pay",
    status_code=201,
    response_model=StartedOut,
    responses={
        401: UNAUTHENTICATED,
        404: _NOT_FOUND,
        409: {"description": "The orders are not to be paid, or an earlier attempt still can be"},
        422: INVALID,
        503: {"description": "The chain or its price feed is away; try again in a moment"},
    },
)
def process_payment(
    request: Request,
    body: PaymentProcess,
    caller: Caller,
    payments: _Service,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Locks a quote and answers with the exact calls that pay every unpaid order of the checkout
    at once. The same choice gets the same calls for as long as they can be paid; another choice
    has to wait until then, so that nobody pays twice."""
    payment_id = require_id("pay", body.payment_id)
    choice = body.choice()
    return once(
        request,
        caller=caller,
        key=idempotency_key,
        body=body,
        status=201,
        render=_render_started,
        act=lambda receipt: payments.start_attempt(caller, payment_id, choice, receipt),
    )


@router.get("/methods", summary="Ways to pay", response_model=MethodsOut)
def list_methods(request: Request, payments: _Service) -> Response:
    """Every method, chain and token that this installation takes."""
    body = json.dumps({"data": payments.methods()}, separators=(",", ":")).encode()
    return cacheable(request, body, max_age_seconds=60)


@router.get(
    "/credits",
    summary="Payouts that failed and wait to be fetched",
    response_model=CreditsOut,
    responses={401: UNAUTHENTICATED, 403: _NOT_PROVED, 422: INVALID, 503: _CHAIN_AWAY},
)
def list_credits(
    caller: Caller, service: _Credits, chain_id: _ChainId, wallet: _Wallet = None
) -> Response:
    """What the contract of a chain keeps for the caller's wallets because it could not be sent:
    a token's issuer blocked the wallet, or a contract did not take the coin. A fee taker's fees
    wait there as well. Without a wallet, the first twenty that the caller has proved are asked
    about."""
    waiting = service.waiting(caller, chain_id, None if wallet is None else parse_address(wallet))
    data = [
        {"wallet": one.account, "token": one.token, "amount": one.amount.to_json()}
        for one in waiting
    ]
    return json_response(_encoded({"data": data}))


@router.post(
    "/credits/withdraw",
    summary="Fetch a payout that failed",
    response_model=OutcomeOut,
    responses={
        401: UNAUTHENTICATED,
        403: _NOT_PROVED,
        422: {"description": "Nothing waits, or it cannot be sent there; the answer says why"},
        503: _CHAIN_AWAY,
    },
)
def withdraw_credit(body: WithdrawIn, caller: Caller, service: _Credits) -> Response:
    """The call by which the wallet has all of it sent to an address of its choice. Asking changes
    nothing, so that it needs no key."""
    token, wallet, to = map(parse_address, (body.token, body.wallet, body.to))
    outcome = service.withdraw(caller, body.chain_id, token, wallet=wallet, to=to)
    return json_response(_encoded(outcome_json(outcome)))


@router.get(
    "/order/{order_id}",
    summary="The payment of an order",
    response_model=PaymentOut,
    responses={401: UNAUTHENTICATED, 404: {"description": "No such order, or none paid yet"}},
)
async def read_payment_of_order(
    request: Request, order_id: _OrderId, caller: Caller, reads: _Reads
) -> Response:
    """For buyer and seller of the order: its payment, with the legs of this order alone."""
    document = await queries.payment_of_order(
        reads, require_id("ord", order_id), account_id=caller.account_id, staff=caller.is_staff
    )
    return cacheable(request, _found(document))


@router.get(
    "/user/{user_id}",
    summary="An account's payments",
    response_model=PaymentPage,
    responses={
        401: UNAUTHENTICATED,
        403: {"description": "The account is somebody else's"},
        404: {"description": "This is no account's id"},
        422: _BAD_PAGE,
    },
)
async def list_payments_of_user(
    request: Request,
    user_id: _UserId,
    caller: Caller,
    reads: _Reads,
    cursors: _Cursors,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """The caller's own payments, newest first; anybody's for staff."""
    if require_id("acc", user_id) != caller.account_id and not caller.is_staff:
        raise NotYours("these payments belong to somebody else")
    scope = f"payments of {user_id}"
    after = cursors.decode(scope, cursor, width=1)
    document = await queries.payments_of_buyer(
        reads, user_id, after=None if after is None else after[0], limit=limit
    )
    return cacheable(request, cursors.page(scope, document))


_State = Annotated[PaymentState, Path(description="The state that clients see.")]


@router.get(
    "/status/{status}",
    summary="Payments in one state",
    response_model=PaymentPage,
    responses={401: UNAUTHENTICATED, 422: _BAD_PAGE},
)
async def list_payments_of_status(
    request: Request,
    status: _State,
    caller: Caller,
    reads: _Reads,
    cursors: _Cursors,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """The caller's own payments in this state, newest first; everybody's for staff."""
    scope = f"payments {status} for {'staff' if caller.is_staff else caller.account_id}"
    after = cursors.decode(scope, cursor, width=1)
    document = await queries.payments_of_status(
        reads,
        status,
        account_id=caller.account_id,
        staff=caller.is_staff,
        after=None if after is None else after[0],
        limit=limit,
    )
    return cacheable(request, cursors.page(scope, document))


@router.get(
    "/{payment_id}",
    summary="One payment",
    response_model=PaymentOut,
    responses={401: UNAUTHENTICATED, 404: _NOT_FOUND},
)
async def read_payment(
    request: Request, payment_id: _PaymentId, caller: Caller, reads: _Reads
) -> Response:
    """The payment with its attempts, their quotes, legs and history, for its buyer or staff."""
    document = await queries.payment(
        reads, require_id("pay", payment_id), account_id=caller.account_id, staff=caller.is_staff
    )
    return cacheable(request, _found(document))


@router.post(
    "/{payment_id}/confirm",
    summary="Hand in the transaction that was sent",
    response_model=PaymentStateOut,
    responses={
        401: UNAUTHENTICATED,
        404: _NOT_FOUND,
        409: {"description": "There is no attempt that waits for a payment"},
        422: INVALID,
    },
)
def confirm_payment(
    request: Request,
    payment_id: _PaymentId,
    body: PaymentConfirm,
    caller: Caller,
    payments: _Service,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Tells that the wallet sent a transaction. It is an observation, never proof: the payment
    is completed by what the chain says, also when nobody confirms."""
    known = require_id("pay", payment_id)
    return once(
        request,
        caller=caller,
        key=idempotency_key,
        body=body,
        status=200,
        render=lambda state: {"id": known, "status": state},
        act=lambda receipt: payments.confirm(caller, known, body.transaction_hash, receipt),
    )


@router.post(
    "/{payment_id}/cancel",
    summary="Give the present attempt up",
    response_model=PaymentStateOut,
    responses={
        401: UNAUTHENTICATED,
        404: _NOT_FOUND,
        409: {"description": "The payment is on its way, or no attempt is open"},
        422: INVALID,
    },
)
def cancel_payment(
    request: Request,
    payment_id: _PaymentId,
    caller: Caller,
    payments: _Service,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """The orders wait on until they expire. Calls that were handed out could still be signed
    until their `pay_by`; such money goes back."""
    known = require_id("pay", payment_id)
    return once(
        request,
        caller=caller,
        key=idempotency_key,
        body=None,
        status=200,
        render=lambda state: {"id": known, "status": state},
        act=lambda receipt: payments.cancel(caller, known, receipt),
    )


@router.post(
    "/{payment_id}/refund",
    summary="Give back what was paid twice or too late",
    response_model=OutcomeOut,
    responses={
        401: UNAUTHENTICATED,
        404: {"description": "The caller sold nothing in this payment"},
        409: {"description": "Nothing is owed back"},
        422: {"description": "The contract refuses the call; the answer says why"},
    },
)
def refund_payment(payment_id: _PaymentId, caller: Caller, payments: _Service) -> Response:
    """For a seller: the calls that return to the buyer what is owed back for the caller's
    orders. Asking changes nothing, so that it needs no key."""
    outcome = payments.refund_owed(caller, require_id("pay", payment_id))
    return json_response(_encoded(outcome_json(outcome)))


def _render_started(started: object) -> Mapping[str, object]:
    assert isinstance(started, StartedAttempt)  # noqa: S101 - what `start_attempt` returns
    return started.to_json()


def _encoded(document: Mapping[str, object]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def _found(document: bytes | None) -> bytes:
    if document is None:
        raise PaymentNotFound("there is no such payment")
    return document
