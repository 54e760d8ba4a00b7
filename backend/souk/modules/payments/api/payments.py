"""Payments: `/api/payments`."""

import json
from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, Path, Request, Response

from souk.core.db import Reads
from souk.core.documents import CachedDocuments
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
    Section,
    cacheable,
    json_response,
    once,
    provided,
)
from souk.modules.payments import queries
from souk.modules.payments.domain import (
    Executed,
    NeedsSignature,
    PaymentState,
    Pending,
    outcome_json,
)
from souk.modules.payments.schemas import (
    OutcomeOut,
    PaymentConfirm,
    PaymentCreate,
    PaymentOpened,
    PaymentPage,
    PaymentProcess,
    PaymentRefund,
    PaymentStateOut,
    StartedOut,
)
from souk.modules.payments.service import Payments, StartedAttempt

router = Section(prefix="/api/payments", tags=["payments"])
_Service = Annotated[Payments, Depends(provided(Payments))]
_Reads = Annotated[Reads, Depends(provided(Reads))]
_Kept = Annotated[CachedDocuments, Depends(provided(CachedDocuments))]
_Cursors = Annotated[CursorCodec, Depends(provided(CursorCodec))]
_PaymentId = Annotated[
    str,
    Path(
        max_length=64, description="The payment's id.", examples=["pay_01h455vb4pex5vsknk084sn02q"]
    ),
]
_UserId = Annotated[str, Path(max_length=64, description="The account's id.")]
_RAIL_AWAY = {"description": "The rail does not answer; nothing is lost, try again in a moment"}
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
        503: {"description": "The rail or its price feed is away; try again in a moment"},
    },
)
def process_payment(
    request: Request,
    body: PaymentProcess,
    caller: Caller,
    payments: _Service,
    kept: _Kept,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Locks a quote and answers with what pays every unpaid order of the checkout at once: the
    exact calls to sign, or what opens the card provider's own fields. The same choice gets the same
    answer for as long as it can be paid. Another choice calls a card payment off, and has to wait
    until handed out calls can be signed no more, so that nobody pays twice."""
    payment_id = require_id("pay", body.payment_id)
    with payments.suggesting(caller, payment_id):
        choice = body.choice()
    with kept.changing(queries.subject(payment_id)):
        return once(
            request,
            caller=caller,
            key=idempotency_key,
            body=body,
            status=201,
            render=_render_started,
            act=lambda receipt: payments.start_attempt(caller, payment_id, choice, receipt),
        )


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
    "/{payment_id}/action",
    summary="What the payer has to do",
    response_model=OutcomeOut,
    responses={
        401: UNAUTHENTICATED,
        404: _NOT_FOUND,
        409: {"description": "No attempt waits for its payer"},
        503: _RAIL_AWAY,
    },
)
def read_action(payment_id: _PaymentId, caller: Caller, payments: _Service) -> Response:
    """The action of the present attempt once more, with the secret that is kept nowhere: for a
    client that lost the answer in which it was."""
    outcome = payments.read_action(caller, require_id("pay", payment_id))
    return json_response(_encoded(outcome_json(outcome)), headers={"Cache-Control": "no-store"})


@router.post(
    "/{payment_id}/confirm",
    summary="Say that it was paid",
    response_model=PaymentStateOut,
    responses={
        401: UNAUTHENTICATED,
        404: _NOT_FOUND,
        409: {"description": "There is no attempt that waits for a payment"},
        422: INVALID,
        503: _RAIL_AWAY,
    },
)
def confirm_payment(
    request: Request,
    payment_id: _PaymentId,
    body: PaymentConfirm,
    caller: Caller,
    payments: _Service,
    kept: _Kept,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Tells that the wallet sent a transaction, or that the payer is back from the provider, to
    which a transaction's hash means nothing. It is an observation, never proof: the payment is
    completed by what its rail says, also when nobody confirms."""
    known = require_id("pay", payment_id)
    with kept.changing(queries.subject(known)):
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
        503: _RAIL_AWAY,
    },
)
def cancel_payment(
    request: Request,
    payment_id: _PaymentId,
    caller: Caller,
    payments: _Service,
    kept: _Kept,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """The orders wait on until they expire. A card payment is called off. Calls that were handed
    out could still be signed until their `pay_by`; such money goes back."""
    known = require_id("pay", payment_id)
    with kept.changing(queries.subject(known)):
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
    summary="Give money back",
    response_model=OutcomeOut,
    responses={
        401: UNAUTHENTICATED,
        404: {"description": "The caller sold nothing in this payment"},
        409: {"description": "Nothing is owed back, or this money is being moved already"},
        422: {"description": "It is more than there is, or the rail refuses; the answer says why"},
        503: _RAIL_AWAY,
    },
)
def refund_payment(
    request: Request,
    payment_id: _PaymentId,
    caller: Caller,
    payments: _Service,
    kept: _Kept,
    body: PaymentRefund | None = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """For a seller. With an order and an amount: so much of its money goes back, where it came
    from, out of what is held or of what was released before. Without: the calls that return what
    was paid twice or too late for the caller's orders; asking for these changes nothing, so that it
    needs no key."""
    known = require_id("pay", payment_id)
    if body is None:
        return json_response(_encoded(outcome_json(payments.refund_owed(caller, known))))
    order_id, amount = require_id("ord", body.order_id), int(body.amount)
    with kept.changing(queries.subject(known)):
        return once(
            request,
            caller=caller,
            key=idempotency_key,
            body=body,
            status=200,
            render=_render_outcome,
            act=lambda receipt: payments.refund_part(caller, known, order_id, amount, receipt),
        )


def _render_started(started: object) -> Mapping[str, object]:
    assert isinstance(started, StartedAttempt)  # noqa: S101 - what `start_attempt` returns
    return started.to_json()


def _render_outcome(outcome: object) -> Mapping[str, object]:
    assert isinstance(outcome, Executed | Pending | NeedsSignature)  # noqa: S101 - see `refund_part`
    return outcome_json(outcome)


def _encoded(document: Mapping[str, object]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
