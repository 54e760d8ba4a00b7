"""Giving back what was released (`reimburse`)."""

import logging

from souk.adapters.evm.escrow import calls
from souk.adapters.evm.escrow.approving import Wish, approvals
from souk.adapters.evm.escrow.legs import call_for, text_of
from souk.adapters.evm.escrow.refusals import amount_mismatch, state_conflict
from souk.adapters.evm.escrow.simulation import Simulation
from souk.adapters.evm.escrow.tokens import EvmTokens
from souk.core.addresses import ZERO_ADDRESS
from souk.core.errors import UnavailableError
from souk.modules.payments.domain import CallToSign, EscrowLeg, NeedsSignature

_log = logging.getLogger(__name__)


class Reimbursing:
    """Prepares the calls by which a seller gives money back."""

    def __init__(self, tokens: EvmTokens, simulation: Simulation) -> None:
        self._tokens = tokens
        self._simulation = simulation

    def prepare(self, leg: EscrowLeg, amount: int) -> NeedsSignature:
        """The call alone when the coin is sent along or the seller's allowance suffices; else the
        allowance comes first. Only where it stands can the token be asked what it has against
        it: without, some refuse in words of their own, and some without a word."""
        seller, native = leg.terms.seller, leg.terms.token == ZERO_ADDRESS
        call = call_for(
            [leg],
            calls.reimburse(leg.terms, amount),
            f"Give the buyer {text_of(amount, leg)} back for",
            value=amount if native else 0,
        )
        before = () if native else self._approvals(leg, amount)
        if not before:
            self._simulation.require(call, sender=seller, asset=leg.asset)
        return NeedsSignature(by=seller, calls=(*before, call))

    def _approvals(self, leg: EscrowLeg, amount: int) -> tuple[CallToSign, ...]:
        """What the seller signs before. Raises what the contract has against it before it asks the
        token; a node that is away has nothing against it."""
        wish = Wish(
            leg=leg,
            owner=leg.terms.seller,
            spender=leg.contract,
            needed=amount,
            amount=amount,
            says=f"Allow the escrow to take {text_of(amount, leg)}",
        )
        try:
            self._require_possible(leg, amount)
            return approvals(self._tokens, wish)
        except UnavailableError:
            _log.warning("chain %s is away; calls are handed out unchecked", leg.chain_id)
            return (wish.call,)

    def _require_possible(self, leg: EscrowLeg, amount: int) -> None:
        state = self._simulation.state(leg)
        if state.status != calls.SETTLED:
            raise state_conflict(leg.escrow_id, state.status)
        if not 0 < amount <= state.released:
            raise amount_mismatch(amount, state.released, leg.asset)
