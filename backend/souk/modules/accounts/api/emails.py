"""Signing in by e-mail: `/api/auth/email`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from souk.core.web import INVALID, provided
from souk.modules.accounts.schemas import SignedInOut
from souk.modules.accounts.schemas.emails import EmailChallengeOut, EmailRequest, EmailVerify
from souk.modules.accounts.service import EmailGate, Emails, SignInGate


def _may_request(
    request: Request, gate: Annotated[EmailGate, Depends(provided(EmailGate))]
) -> None:
    """Fewer than sign-ins: each is a message to somebody who may not have asked for it."""
    gate.admit(request.client.host if request.client else "unknown")


def _may_try(request: Request, gate: Annotated[SignInGate, Depends(provided(SignInGate))]) -> None:
    gate.admit(request.client.host if request.client else "unknown")


router = APIRouter(prefix="/api/auth/email", tags=["sign-in"])
_Service = Annotated[Emails, Depends(provided(Emails))]


@router.post(
    "/request",
    summary="Ask for a code by e-mail",
    status_code=202,
    dependencies=[Depends(_may_request)],
    responses={
        422: INVALID,
        429: {"description": "Too many messages to this address, or from this network address"},
    },
)
def request_email(body: EmailRequest, emails: _Service) -> EmailChallengeOut:
    """Sends a code and a link, both good for fifteen minutes and one sign-in. The answer is the
    same whether the address has an account or not."""
    return EmailChallengeOut.model_validate(emails.request(body.email))


@router.post(
    "/verify",
    summary="Sign in by e-mail",
    dependencies=[Depends(_may_try)],
    responses={
        422: {"description": "The code or link is wrong, used or too old"},
        429: {"description": "Too many sign-in requests from this address"},
    },
)
def verify_email(body: EmailVerify, emails: _Service) -> SignedInOut:
    """Opens a session by the code and its challenge, or by the link's secret. The first sign-in of
    an address opens its account. Five wrong codes end a challenge."""
    if body.link is not None:
        return SignedInOut.model_validate(emails.sign_in_by_link(body.link))
    signed_in = emails.sign_in_by_code(body.challenge_id or "", body.code or "")
    return SignedInOut.model_validate(signed_in)
