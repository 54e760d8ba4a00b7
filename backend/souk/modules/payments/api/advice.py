"""Advice before anybody pays: `/api/payments/methods`, `/api/payments/validate`,
`/api/payments/alternatives`."""

import json
from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, Query, Request, Response

from souk.core.ids import require_id
from souk.core.web import (
    INVALID,
    UNAUTHENTICATED,
    Caller,
    Section,
    cacheable,
    json_response,
    provided,
)
from souk.modules.payments.schemas import MethodsOut
from souk.modules.payments.schemas.advice import AlternativesOut, PaymentValidate, ValidatedOut
from souk.modules.payments.service import Payments

router = Section(prefix="/api/payments", tags=["payments"])
_Service = Annotated[Payments, Depends(provided(Payments))]
_PaymentId = Annotated[
    str,
    Query(
        max_length=64,
        description="The payment's id.",
        examples=["pay_01h455vb4pex5vsknk084sn02q"],
    ),
]
_NOT_FOUND = {"description": "The caller has no such payment or checkout"}
_NOT_PAYABLE = {"description": "Nothing waits for a payment, or one is on its way"}


@router.get("/methods", summary="Ways to pay", response_model=MethodsOut)
def list_methods(request: Request, payments: _Service) -> Response:
    """Every method, chain and token that this installation takes."""
    body = json.dumps({"data": payments.methods()}, separators=(",", ":")).encode()
    return cacheable(request, body, max_age_seconds=60)


@router.post(
    "/validate",
    summary="Would this way to pay work?",
    response_model=ValidatedOut,
    responses={
        401: UNAUTHENTICATED,
        404: _NOT_FOUND,
        409: _NOT_PAYABLE,
        422: INVALID,
        503: {"description": "The chain that was asked for is away; try again in a moment"},
    },
)
def validate_payment(body: PaymentValidate, caller: Caller, payments: _Service) -> Response:
    """Looks at everything that decides whether an attempt could be paid now: the method and its
    limits, the sellers, and of a wallet its real balance, allowance and coin for gas. Says what is
    missing in numbers and words, and the price as it would be quoted. Where the answer is no, it
    names what would work instead. Nothing is stored, so that it needs no key."""
    wish, of = body.choice(), {}
    if body.payment_id is not None:
        of["payment_id"] = require_id("pay", body.payment_id)
    if body.checkout_id is not None:
        of["checkout_id"] = require_id("chk", body.checkout_id)
    return _fresh(payments.validate(caller, wish, **of))


@router.get(
    "/alternatives",
    summary="Other ways to pay",
    response_model=AlternativesOut,
    responses={401: UNAUTHENTICATED, 404: _NOT_FOUND, 409: _NOT_PAYABLE, 422: INVALID},
)
def list_alternatives(payment_id: _PaymentId, caller: Caller, payments: _Service) -> Response:
    """Every way to pay this now but the one that waits to be paid: the best first, with its cost,
    fee and time, and why it stands there; below them what does not work, and why. The first five
    of the caller's wallets are looked at. A chain that is away shows as what does not work."""
    return _fresh(payments.alternatives(caller, require_id("pay", payment_id)))


def _fresh(document: Mapping[str, object]) -> Response:
    body = json.dumps(document, separators=(",", ":")).encode()
    return json_response(body, headers={"Cache-Control": "no-store"})
