"""Giving held money back (`refund`), which divides it once an arbiter was silent."""

from collections.abc import Sequence

from souk.adapters.evm.escrow import calls
from souk.adapters.evm.escrow.legs import call_for, orders_of, text_of
from souk.adapters.evm.escrow.simulation import Simulation
from souk.core.errors import UnavailableError
from souk.modules.payments.domain import EscrowLeg, LegStatus, NeedsSignature


class Refunding:
    """Prepares refunds."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation

    def prepare(self, legs: Sequence[EscrowLeg]) -> NeedsSignature:
        """One call for all legs, of the seller where they have one seller."""
        sellers = {leg.terms.seller for leg in legs}
        by = sellers.pop() if len(sellers) == 1 else None
        call = call_for(legs, calls.refund(orders_of(legs)), refund_says(legs, self._time(legs)))
        if by is not None:
            self._simulation.require(call, sender=by, asset=legs[0].asset)
        return NeedsSignature(by=by, calls=(call,))

    def _time(self, legs: Sequence[EscrowLeg]) -> int | None:
        """The time by the chain where it makes a difference; `None` when its node is away."""
        if not any(leg.status is LegStatus.DISPUTED for leg in legs):
            return None
        try:
            return self._simulation.now(legs[0].chain_id)
        except UnavailableError:
            return None


def refund_says(legs: Sequence[EscrowLeg], now: int | None) -> str:
    """What a refund does to "order X": who gets how much is up to the second of its block. `now`
    is in unix seconds by the chain, `None` when it is not known."""
    held = sum(leg.remaining for leg in legs)
    over = [leg for leg in legs if _is_over(leg, now)]
    disputed = over or [leg for leg in legs if leg.status is LegStatus.DISPUTED]
    to_seller = sum(leg.remaining - _silent_share(leg) for leg in disputed)
    back = f"Give the buyer back the {text_of(held, legs[0])}"
    if not to_seller:
        return f"{back} of"
    divided = (
        f"the buyer {text_of(held - to_seller, legs[0])}"
        f" and the seller {text_of(to_seller, legs[0])}"
    )
    if over:
        return f"Give {divided}, because the arbiter was silent, of"
    return f"{back} or, when it is sent after the arbiter's time, {divided} of"


def _is_over(leg: EscrowLeg, now: int | None) -> bool:
    if leg.status is not LegStatus.DISPUTED or leg.deadline is None or now is None:
        return False
    return now > leg.deadline.timestamp()


def _silent_share(leg: EscrowLeg) -> int:
    """What the buyer gets of an order that its arbiter left undecided."""
    return leg.remaining * leg.terms.silent_bps // 10_000
