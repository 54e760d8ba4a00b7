"""Payouts that failed: `/api/payments/credits`."""

import json
from typing import Annotated

from fastapi import Depends, Query, Response

from souk.core.addresses import parse_address
from souk.core.web import INVALID, UNAUTHENTICATED, Caller, Section, json_response, provided
from souk.modules.payments.domain import outcome_json
from souk.modules.payments.schemas import CreditsOut, OutcomeOut, WithdrawIn
from souk.modules.payments.service import Credits

router = Section(prefix="/api/payments", tags=["payments"])
_Credits = Annotated[Credits, Depends(provided(Credits))]
_ChainId = Annotated[int, Query(ge=1, le=2**53, description="The chain.", examples=[31337])]
_Wallet = Annotated[
    str | None, Query(max_length=64, description="Only this one of the caller's wallets.")
]
_NOT_PROVED = {"description": "The wallet is not one of the caller's"}
_CHAIN_AWAY = {"description": "The chain cannot be asked now; try again in a moment"}


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
    return json_response(json.dumps({"data": data}).encode())


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
    return json_response(json.dumps(outcome_json(outcome)).encode())
