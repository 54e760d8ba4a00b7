"""Signing in by wallet: `/api/auth`."""

from typing import Annotated

from fastapi import Depends, Request, Response

from souk.core.db import Reads
from souk.core.web import (
    UNAUTHENTICATED,
    Caller,
    IdempotencyKey,
    Section,
    cacheable,
    once,
    provided,
)
from souk.modules.accounts import queries
from souk.modules.accounts.errors import SessionEnded
from souk.modules.accounts.schemas import (
    ChallengeOut,
    SessionOut,
    SignedInOut,
    SignedMessageIn,
    WalletOut,
)
from souk.modules.accounts.service import Accounts, SignInGate


def _admitted(request: Request, gate: Annotated[SignInGate, Depends(provided(SignInGate))]) -> None:
    """Sign-in routes are counted by network address before anything else is done."""
    gate.admit(request.client.host if request.client else "unknown")


router = Section(prefix="/api/auth", tags=["sign-in"])
_Service = Annotated[Accounts, Depends(provided(Accounts))]
_REFUSED = {"description": "The message or its signature proves nothing here; `code` says why"}
STEP_UP = {"description": "The caller has to prove anew who they are, at `/api/auth/step-up`"}
_LIMITED = {"description": "Too many sign-in requests from this address"}


@router.post(
    "/siwe/nonce",
    summary="Ask for a sign-in nonce",
    dependencies=[Depends(_admitted)],
    responses={429: _LIMITED},
)
def issue_nonce(accounts: _Service) -> ChallengeOut:
    """A nonce for one EIP-4361 sign-in, good for a few minutes, with the message ready to be
    filled with the wallet's address and signed."""
    return ChallengeOut.model_validate(accounts.issue_nonce())


@router.post(
    "/siwe/verify",
    summary="Sign in with a wallet",
    dependencies=[Depends(_admitted)],
    responses={422: _REFUSED, 429: _LIMITED},
)
def verify(body: SignedMessageIn, accounts: _Service) -> SignedInOut:
    """Checks the message field by field and its signature, uses up the nonce and opens a session.
    The first sign-in of a wallet opens its account."""
    return SignedInOut.model_validate(accounts.sign_in(body.message, body.signature))


@router.get(
    "/session",
    summary="Who am I?",
    response_model=SessionOut,
    responses={401: UNAUTHENTICATED},
)
async def session(
    request: Request, caller: Caller, reads: Annotated[Reads, Depends(provided(Reads))]
) -> Response:
    """The caller's session, roles and proved wallets."""
    document = await queries.session_view(reads, caller.session_id)
    if document is None:
        raise SessionEnded("this session has ended; sign in again")
    return cacheable(request, document)


@router.post(
    "/step-up",
    summary="Prove anew who you are",
    dependencies=[Depends(_admitted)],
    responses={
        401: UNAUTHENTICATED,
        404: {"description": "The wallet that signed is not the account's"},
        422: _REFUSED,
        429: _LIMITED,
    },
)
def step_up(body: SignedMessageIn, caller: Caller, accounts: _Service) -> SignedInOut:
    """A wallet of the account signs a message around a fresh nonce. The session goes on under the
    token of the answer, the one before is good for nothing. For five minutes it may do once what a
    token alone must not: change where money goes, add or remove a wallet."""
    return SignedInOut.model_validate(accounts.step_up(caller, body.message, body.signature))


@router.post(
    "/wallets",
    summary="Add a wallet to the account",
    status_code=201,
    response_model=WalletOut,
    dependencies=[Depends(_admitted)],
    responses={
        401: UNAUTHENTICATED,
        403: STEP_UP,
        409: {"description": "The wallet signs in to another account"},
        422: _REFUSED,
        429: _LIMITED,
    },
)
def add_wallet(
    request: Request,
    body: SignedMessageIn,
    caller: Caller,
    accounts: _Service,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """The other wallet signs a message around a fresh nonce; then it signs in to the caller's
    account too."""
    return once(
        request,
        caller=caller,
        key=idempotency_key,
        body=body,
        status=201,
        render=lambda address: {"account_id": caller.account_id, "address": address},
        act=lambda receipt: accounts.add_wallet(caller, body.message, body.signature, receipt),
    )
