"""Legs in the contract's terms, and the calls about them that a wallet is shown."""

from collections.abc import Sequence

from souk.adapters.evm.escrow import calls
from souk.core.addresses import Address
from souk.core.money import Money
from souk.modules.payments.domain import CallToSign, EscrowLeg, EscrowOrder, Leg, Party


def escrow_leg(leg: Leg) -> EscrowLeg:
    """A leg of this rail. Raises `TypeError` for another's, which is a defect of the caller."""
    if not isinstance(leg, EscrowLeg):
        raise TypeError(f"{leg.id} is held by no contract")
    return leg


def escrow_legs(legs: Sequence[Leg]) -> list[EscrowLeg]:
    """Legs of this rail. Raises `TypeError`."""
    return [escrow_leg(leg) for leg in legs]


def orders_of(legs: Sequence[EscrowLeg]) -> list[EscrowOrder]:
    """The terms of each leg, as the contract takes them."""
    return [leg.terms for leg in legs]


def wallet_of(party: Party, leg: EscrowLeg) -> Address:
    """The wallet by which the contract knows a party of a leg."""
    return leg.terms.buyer if party is Party.BUYER else leg.terms.seller


def text_of(amount: int, leg: EscrowLeg) -> str:
    """An amount in a leg's asset, for a person."""
    return str(Money(amount, leg.asset))


def call_for(legs: Sequence[EscrowLeg], data: str, does: str, *, value: int = 0) -> CallToSign:
    """A call of the contract that holds these legs; `does` says what it does to "order X"."""
    what = f"order {legs[0].order_id}" if len(legs) == 1 else f"{len(legs)} orders"
    return CallToSign(
        chain_id=legs[0].chain_id,
        to=legs[0].contract,
        data=data,
        value=value,
        says=f"{does} {what}",
    )


def approval_for(leg: EscrowLeg, spender: Address, amount: int, says: str) -> CallToSign:
    """The call of a leg's token that lets a spender take an amount of it."""
    return CallToSign(
        chain_id=leg.chain_id,
        to=leg.terms.token,
        data=calls.approve(spender, amount),
        value=0,
        says=says,
    )
