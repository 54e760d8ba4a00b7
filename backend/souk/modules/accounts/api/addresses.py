"""The e-mail addresses of an account: `/api/auth/emails`."""

from typing import Annotated

from fastapi import Depends, Path, Request, Response

from souk.core.db import Reads
from souk.core.web import (
    INVALID,
    UNAUTHENTICATED,
    Caller,
    IdempotencyKey,
    Section,
    cacheable,
    once,
    provided,
)
from souk.modules.accounts import queries
from souk.modules.accounts.api.emails import may_request, may_try
from souk.modules.accounts.api.sign_in import STEP_UP
from souk.modules.accounts.domain.emails import MAX_LENGTH
from souk.modules.accounts.schemas.emails import (
    EmailChallengeOut,
    EmailList,
    EmailOut,
    EmailRequest,
    EmailVerify,
)
from souk.modules.accounts.service import Addresses

router = Section(prefix="/api/auth/emails", tags=["sign-in"])
_Service = Annotated[Addresses, Depends(provided(Addresses))]
_Address = Annotated[
    str, Path(max_length=MAX_LENGTH, description="The address.", examples=["ada@example.com"])
]


@router.get(
    "",
    summary="The caller's e-mail addresses",
    response_model=EmailList,
    responses={401: UNAUTHENTICATED},
)
async def list_emails(
    request: Request, caller: Caller, reads: Annotated[Reads, Depends(provided(Reads))]
) -> Response:
    """Those that sign in to the account, the oldest first."""
    return cacheable(request, await queries.emails(reads, caller.account_id) or b"")


@router.post(
    "",
    summary="Ask to add an e-mail address",
    status_code=202,
    response_model=EmailChallengeOut,
    dependencies=[Depends(may_request)],
    responses={
        401: UNAUTHENTICATED,
        403: STEP_UP,
        409: {"description": "The address signs in to your account already"},
        422: INVALID,
        429: {"description": "Too many messages to this address, or from this network address"},
    },
)
def request_addition(
    request: Request,
    body: EmailRequest,
    caller: Caller,
    addresses: _Service,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Sends a code and a link, good for fifteen minutes in the session that asks. The answer is the
    same when the address belongs to another account; then what is sent there says so and holds no
    code."""
    return once(
        request,
        caller=caller,
        key=idempotency_key,
        body=body,
        status=202,
        render=lambda opened: EmailChallengeOut.model_validate(opened).model_dump(mode="json"),
        act=lambda receipt: addresses.request(caller, body.email, receipt),
    )


@router.post(
    "/verify",
    summary="Add an e-mail address",
    dependencies=[Depends(may_try)],
    responses={
        401: UNAUTHENTICATED,
        422: {"description": "The code or link is wrong, used, too old or another session's"},
        429: {"description": "Too many sign-in requests from this address"},
    },
)
def add_email(body: EmailVerify, caller: Caller, addresses: _Service) -> EmailOut:
    """By the code and its challenge, or by the link's secret, in the session that asked. From then
    on the address signs in to the caller's account. Five wrong codes end a challenge."""
    if body.link is not None:
        address = addresses.add_by_link(caller, body.link)
    else:
        address = addresses.add_by_code(caller, body.challenge_id or "", body.code or "")
    return EmailOut(account_id=caller.account_id, address=address)


@router.delete(
    "/{address}",
    summary="Remove an e-mail address",
    status_code=204,
    responses={
        401: UNAUTHENTICATED,
        403: STEP_UP,
        404: {"description": "Your account has no such address"},
        409: {"description": "Nobody could sign in to the account any more"},
        422: INVALID,
    },
)
def remove_email(address: _Address, caller: Caller, addresses: _Service) -> None:
    """It signs in no more, and the sessions that it opened end."""
    addresses.remove(caller, address)
