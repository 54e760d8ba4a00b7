"""Signing in by e-mail: `/api/auth/email`."""

from typing import Annotated

from fastapi import Depends, Path, Request, Response

from souk.core.clock import Clock
from souk.core.db import Reads
from souk.core.ids import require_id
from souk.core.web import INVALID, Section, json_response, provided
from souk.modules.accounts import queries
from souk.modules.accounts.errors import EmailChallengeNotFound
from souk.modules.accounts.schemas import SignedInOut
from souk.modules.accounts.schemas.emails import (
    EmailChallengeOut,
    EmailChallengeStateOut,
    EmailRequest,
    EmailVerify,
)
from souk.modules.accounts.service import EmailGate, Emails, SignInGate


def may_request(request: Request, gate: Annotated[EmailGate, Depends(provided(EmailGate))]) -> None:
    """Fewer than sign-ins: each is a message to somebody who may not have asked for it."""
    gate.admit(request.client.host if request.client else "unknown")


def may_try(request: Request, gate: Annotated[SignInGate, Depends(provided(SignInGate))]) -> None:
    gate.admit(request.client.host if request.client else "unknown")


router = Section(prefix="/api/auth/email", tags=["sign-in"])
_Service = Annotated[Emails, Depends(provided(Emails))]
_ChallengeId = Annotated[
    str,
    Path(
        max_length=64,
        description="The challenge's id.",
        examples=["eml_01h455vb4pex5vsknk084sn02q"],
    ),
]


@router.post(
    "/request",
    summary="Ask for a code by e-mail",
    status_code=202,
    dependencies=[Depends(may_request)],
    responses={
        422: INVALID,
        429: {"description": "Too many messages to this address, or from this network address"},
    },
)
def request_email(body: EmailRequest, emails: _Service) -> EmailChallengeOut:
    """Has a code and a link sent, both good for fifteen minutes and one sign-in. The answer is the
    same whether the address has an account or not, and does not wait for the mail server."""
    return EmailChallengeOut.model_validate(emails.request(body.email))


@router.get(
    "/{challenge_id}",
    summary="Is the code on its way?",
    response_model=EmailChallengeStateOut,
    responses={404: {"description": "No letter was asked for under this id"}, 422: INVALID},
)
async def read_challenge(
    challenge_id: _ChallengeId,
    reads: Annotated[Reads, Depends(provided(Reads))],
    clock: Annotated[Clock, Depends(provided(Clock))],
) -> Response:
    """How far the letter is, for whoever waits for it, also for one that adds an address. Whether
    the address exists, and whether the code was used, it does not tell."""
    known = require_id("eml", challenge_id)
    document = await queries.email_challenge(reads, known, now=clock.now())
    if document is None:
        raise EmailChallengeNotFound("no letter was asked for under this id, or it was long ago")
    return json_response(document, headers={"Cache-Control": "no-store"})


@router.post(
    "/verify",
    summary="Sign in by e-mail",
    dependencies=[Depends(may_try)],
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
