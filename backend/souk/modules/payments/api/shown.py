"""One payment, as it is shown again and again: `/api/payments/{payment_id}`,
`/api/payments/order/{order_id}`."""

from functools import partial
from typing import Annotated

from fastapi import Depends, Path, Request, Response

from souk.core.db import Reads
from souk.core.documents import CachedDocuments
from souk.core.ids import require_id
from souk.core.principal import Principal
from souk.core.web import UNAUTHENTICATED, Caller, Section, cacheable, provided
from souk.modules.payments import queries
from souk.modules.payments.errors import PaymentNotFound
from souk.modules.payments.schemas import PaymentOut

router = Section(prefix="/api/payments", tags=["payments"])
_Reads = Annotated[Reads, Depends(provided(Reads))]
_Kept = Annotated[CachedDocuments, Depends(provided(CachedDocuments))]
_PaymentId = Annotated[
    str,
    Path(
        max_length=64, description="The payment's id.", examples=["pay_01h455vb4pex5vsknk084sn02q"]
    ),
]
_OrderId = Annotated[str, Path(max_length=64, description="The order's id.")]


@router.get(
    "/order/{order_id}",
    summary="The payment of an order",
    response_model=PaymentOut,
    responses={401: UNAUTHENTICATED, 404: {"description": "No such order, or none paid yet"}},
)
async def read_payment_of_order(
    request: Request, order_id: _OrderId, caller: Caller, reads: _Reads, kept: _Kept
) -> Response:
    """For buyer and seller of the order: its payment, with the legs of this order alone. Its
    seller is shown the sums of this order, and nothing of what else was paid with it."""
    known = require_id("ord", order_id)
    document = await kept.read_alias(
        f"order {known}",
        _viewer(caller),
        partial(
            queries.payment_of_order,
            reads,
            known,
            account_id=caller.account_id,
            staff=caller.is_staff,
        ),
        queries.subject_of,
    )
    return cacheable(request, _found(document))


@router.get(
    "/{payment_id}",
    summary="One payment",
    response_model=PaymentOut,
    responses={401: UNAUTHENTICATED, 404: {"description": "The caller has no such payment"}},
)
async def read_payment(
    request: Request, payment_id: _PaymentId, caller: Caller, reads: _Reads, kept: _Kept
) -> Response:
    """The payment with its attempts, their quotes, legs and history, for its buyer or staff."""
    known = require_id("pay", payment_id)
    load = partial(
        queries.payment, reads, known, account_id=caller.account_id, staff=caller.is_staff
    )
    document = await kept.read(queries.subject(known), _viewer(caller), load)
    return cacheable(request, _found(document))


def _viewer(caller: Principal) -> str:
    """Who is shown what nobody else may be."""
    return f"{caller.account_id} {caller.is_staff}"


def _found(document: bytes | None) -> bytes:
    if document is None:
        raise PaymentNotFound("there is no such payment")
    return document
