"""What payers have signed: `/api/payments/{payment_id}/signature`."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, Path, Request, Response

from souk.core.documents import CachedDocuments
from souk.core.ids import require_id
from souk.core.web import UNAUTHENTICATED, Caller, IdempotencyKey, Section, once, provided
from souk.modules.payments import queries
from souk.modules.payments.domain import NeedsSignature, Pending, outcome_json
from souk.modules.payments.schemas import OutcomeOut
from souk.modules.payments.schemas.advice import PaymentSignature
from souk.modules.payments.service import Payments

router = Section(prefix="/api/payments", tags=["payments"])
_Service = Annotated[Payments, Depends(provided(Payments))]
_Kept = Annotated[CachedDocuments, Depends(provided(CachedDocuments))]
_PaymentId = Annotated[str, Path(max_length=64, description="The payment's id.")]


@router.post(
    "/{payment_id}/signature",
    summary="Hand a signature in",
    response_model=OutcomeOut,
    responses={
        401: UNAUTHENTICATED,
        404: {"description": "The caller has no such payment"},
        409: {"description": "No attempt waits for a signature, or its time is over"},
        422: {"description": "The contract would refuse it, or nobody sends it; see `detail`"},
        429: {"description": "The gas of the day for such payments is used up"},
        503: {"description": "The chain does not answer; nothing is lost, try again in a moment"},
    },
)
def hand_signature_in(
    request: Request,
    payment_id: _PaymentId,
    body: PaymentSignature,
    caller: Caller,
    payments: _Service,
    kept: _Kept,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """For an attempt in a `way` that is signed first: the signature of its `typed_data` gives the
    call that pays it, tried before on the newest block. The caller sends it, or, with `relay` where
    that is on offer, the platform does and bears what the network takes; the answer is then
    `pending` with the transaction's hash. A signature of a wallet that is a contract may be up to
    4096 bytes long."""
    known = require_id("pay", payment_id)
    with kept.changing(queries.subject(known)):
        return once(
            request,
            caller=caller,
            key=idempotency_key,
            body=body,
            status=200,
            render=_render,
            act=lambda receipt: payments.hand_in(
                caller, known, body.signature, relay=body.relay, receipt=receipt
            ),
        )


def _render(outcome: object) -> Mapping[str, object]:
    assert isinstance(outcome, NeedsSignature | Pending)  # noqa: S101 - what `hand_in` returns
    return outcome_json(outcome)
