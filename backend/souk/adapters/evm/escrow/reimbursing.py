"""Giving back what was released (`reimburse`)."""

import logging

from souk.adapters.evm.escrow import calls
from souk.adapters.evm.escrow.legs import approval_for, call_for, text_of
from souk.adapters.evm.escrow.refusals import amount_mismatch, state_conflict
from souk.adapters.evm.escrow.simulation import Simulation
from souk.adapters.evm.escrow.tokens import EvmTokens
from souk.core.addresses import ZERO_ADDRESS
from souk.core.errors import UnavailableError
from souk.modules.payments.domain import EscrowLeg, NeedsSignature

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
        text = text_of(amount, leg)
        call = call_for(
            [leg],
            calls.reimburse(leg.terms, amount),
            f"Give the buyer {text} back for",
            value=amount if native else 0,
        )
        if native or self._is_allowed(leg, amount):
            self._simulation.require(call, sender=seller, asset=leg.asset)
            return NeedsSignature(by=seller, calls=(call,))
        approve = approval_for(leg, leg.contract, amount, f"Allow the escrow to take {text}")
        return NeedsSignature(by=seller, calls=(approve, call))

    def _is_allowed(self, leg: EscrowLeg, amount: int) -> bool:
        """Whether the escrow may take as much already. Raises what the contract has against it
        before it asks the token; a node that is away has nothing against it."""
        terms = leg.terms
        try:
            state = self._simulation.state(leg)
            if state.status != calls.SETTLED:
                raise state_conflict(leg.escrow_id, state.status)
            if not 0 < amount <= state.released:
                raise amount_mismatch(amount, state.released, leg.asset)
            allowed = self._tokens.allowance(leg.chain_id, terms.token, terms.seller, leg.contract)
        except UnavailableError:
            _log.warning("chain %s is away; calls are handed out unchecked", leg.chain_id)
            return False
        return allowed >= amount
