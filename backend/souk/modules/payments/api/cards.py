"""What people keep at the card provider, and what it sends: `/api/payments/saved`,
`/api/payments/payees`, `/api/webhooks/stripe`."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated

from fastapi import Depends, Path, Request, Response

from souk.core.ids import require_id
from souk.core.web import (
    INVALID,
    UNAUTHENTICATED,
    Caller,
    IdempotencyKey,
    Section,
    json_response,
    provided,
)
from souk.modules.payments.domain import outcome_json
from souk.modules.payments.schemas import OutcomeOut, PayeeOut, PayeeStateOut, SavedMethodsOut
from souk.modules.payments.service import Payments

router = Section(tags=["payments"])
_Service = Annotated[Payments, Depends(provided(Payments))]
_AWAY = {"description": "The card provider does not answer; try again in a moment"}
_NO_CARDS = {"description": "Cards are not taken here"}


async def _raw_body(request: Request) -> bytes:
    """What was signed: every byte of it counts."""
    return await request.body()


async def _signature(request: Request) -> str | None:
    """As it came: whatever is wrong with it is answered like a signature that does not fit."""
    return request.headers.get("stripe-signature")


_SIGNED = {
    "in": "header",
    "name": "Stripe-Signature",
    "description": "Who signed it, and when.",
    "required": True,
    "schema": {"type": "string", "maxLength": 1024},
}


@router.post(
    "/api/payments/payees/{seller_id}",
    summary="Be paid by card",
    response_model=PayeeOut,
    responses={
        401: UNAUTHENTICATED,
        403: {
            "description": "The store is somebody else's, suspended, or not verified yet; or the"
            " caller has to prove anew who they are, at `/api/auth/step-up`"
        },
        404: {"description": "There is no such store"},
        409: {"description": "The store has lost a name; `frozen_until` says when it may begin"},
        422: _NO_CARDS,
        503: _AWAY,
    },
)
def open_payee(
    seller_id: Annotated[str, Path(max_length=64, description="The store's id.")],
    caller: Caller,
    payments: _Service,
) -> Response:
    """Opens the store's account at the card provider, once, and says where its owner goes on to
    complete it. Buyers can pay by card as soon as it is ready.

    Where the money goes is said there, so that the caller has to have signed in or stepped up
    within five minutes, and no API key may do it."""
    account = payments.open_payee(caller, require_id("sel", seller_id))
    shown = {"ready": account.ready, "onboarding_url": account.onboarding_url}
    return _private(shown)


@router.get(
    "/api/payments/payees/{seller_id}",
    summary="Whether a store is paid by card",
    response_model=PayeeStateOut,
    responses={
        401: UNAUTHENTICATED,
        403: {"description": "The store is somebody else's"},
        404: {"description": "There is no such store"},
        422: _NO_CARDS,
        503: _AWAY,
    },
)
def find_payee(
    seller_id: Annotated[str, Path(max_length=64, description="The store's id.")],
    caller: Caller,
    payments: _Service,
) -> Response:
    """For its people: whether the store's account at the card provider can be paid to by now."""
    ready = payments.is_payee_ready(caller, require_id("sel", seller_id))
    return _private({"ready": ready})


@router.post(
    "/api/payments/saved",
    summary="Keep a card or bank account",
    response_model=OutcomeOut,
    responses={
        401: UNAUTHENTICATED,
        409: {"description": "The same request is still being worked on"},
        422: _NO_CARDS,
        503: _AWAY,
    },
)
def save_method(
    caller: Caller, payments: _Service, idempotency_key: IdempotencyKey = None
) -> Response:
    """What opens the provider's own fields: a number that is entered there never comes here."""
    return _private(outcome_json(payments.save_method(caller, idempotency_key)))


@router.get(
    "/api/payments/saved",
    summary="Kept cards and bank accounts",
    response_model=SavedMethodsOut,
    responses={401: UNAUTHENTICATED, 422: _NO_CARDS, 503: _AWAY},
)
def list_saved(caller: Caller, payments: _Service) -> Response:
    """As much of each as may be shown."""
    return _private({"data": [asdict(one) for one in payments.list_saved(caller)]})


@router.delete(
    "/api/payments/saved/{reference}",
    summary="Forget a card or bank account",
    status_code=204,
    responses={
        401: UNAUTHENTICATED,
        404: {"description": "The caller keeps no such card or account"},
        422: INVALID,
        503: _AWAY,
    },
)
def forget_saved(
    reference: Annotated[
        str, Path(max_length=255, pattern="^[A-Za-z0-9_]+$", description="As it is listed.")
    ],
    caller: Caller,
    payments: _Service,
) -> Response:
    """The provider keeps it no longer; payments that were made with it stay as they are."""
    payments.forget_saved(caller, reference)
    return Response(status_code=204)


@router.post(
    "/api/webhooks/stripe",
    summary="What the card provider sends",
    status_code=200,
    response_class=Response,
    responses={
        200: {
            "description": "Kept; what follows from it comes later",
            "content": {"text/plain": {}},
        },
        400: {"description": "This was not signed by the provider just now"},
        413: {"description": "The body is too large"},
        422: _NO_CARDS,
    },
    openapi_extra={"parameters": [_SIGNED]},
)
def receive_webhook(
    body: Annotated[bytes, Depends(_raw_body)],
    payments: _Service,
    signature: Annotated[str | None, Depends(_signature)],
) -> Response:
    """For the provider alone, which signs what it sends."""
    payments.receive_webhook(body, signature)
    return Response(status_code=200)


def _private(document: Mapping[str, object]) -> Response:
    body = json.dumps(document, separators=(",", ":")).encode()
    return json_response(body, headers={"Cache-Control": "no-store"})
