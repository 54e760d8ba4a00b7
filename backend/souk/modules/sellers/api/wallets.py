"""Taking a wallet from an account: here because only a store knows whether it is paid there."""

from typing import Annotated

from fastapi import Depends, Path

from souk.core.web import UNAUTHENTICATED, Caller, Section, provided
from souk.modules.sellers.service import Sellers

router = Section(prefix="/api/auth/wallets", tags=["sign-in"])


@router.delete(
    "/{address}",
    summary="Remove a wallet from the account",
    status_code=204,
    responses={
        401: UNAUTHENTICATED,
        403: {"description": "The caller has to prove anew who they are, at `/api/auth/step-up`"},
        404: {"description": "The account has no such wallet"},
        409: {"description": "The store is paid there, or nobody could sign in any more"},
        422: {"description": "This is no address"},
    },
)
def remove_wallet(
    address: Annotated[
        str,
        Path(
            max_length=64,
            description="The wallet's address.",
            examples=["0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2"],
        ),
    ],
    caller: Caller,
    sellers: Annotated[Sellers, Depends(provided(Sellers))],
) -> None:
    """It signs in to this account no more, and the sessions that it opened end. The caller has to
    have signed in or stepped up within five minutes."""
    sellers.remove_wallet(caller, address)
