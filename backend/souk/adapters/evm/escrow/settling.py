"""Dividing held money as both parties agree (`settle`)."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime

from souk.adapters.evm.escrow import calls
from souk.adapters.evm.escrow.consents import read_signature
from souk.adapters.evm.escrow.hashes import Offer
from souk.adapters.evm.escrow.legs import call_for, text_of, wallet_of
from souk.adapters.evm.escrow.simulation import Simulation
from souk.adapters.evm.escrow.typed_data import settle_offer
from souk.core.errors import UnavailableError
from souk.modules.payments.domain import EscrowLeg, NeedsSignature, Party, Split
from souk.modules.payments.errors import SplitOutOfRange

_log = logging.getLogger(__name__)


class Settling:
    """Prepares offers and the calls that carry them out."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation

    def prepare(
        self, leg: EscrowLeg, split: Split, consents: Mapping[Party, str], sender: Party | None
    ) -> NeedsSignature:
        """The offer for the next party to sign, or the call when nobody's consent is missing. The
        sender of the call consents by sending it; where nobody else has to, a node that is away
        does not stand in the way."""
        signers = [party for party in split.needs if party is not sender]
        state = self._check(leg, split, alone=not signers)
        until = datetime.fromtimestamp(split.valid_until, UTC)
        missing = [party for party in signers if party not in consents]
        if missing and state is not None:
            _require_whole(split, state)
            offer = Offer(
                escrow_id=leg.escrow_id,
                to_buyer=split.to_buyer,
                to_seller=split.to_seller,
                remaining=state.remaining,
                status=state.status,
                valid_until=split.valid_until,
            )
            message = settle_offer(offer, chain_id=leg.chain_id, contract=leg.contract)
            by = wallet_of(missing[0], leg)
            return NeedsSignature(by=by, calls=(), typed_data=message, until=until)
        signed = {party: read_signature(consents[party]) for party in signers}
        data = calls.settle(
            leg.terms,
            split,
            buyer_signature=signed.get(Party.BUYER, b""),
            seller_signature=signed.get(Party.SELLER, b""),
        )
        call = call_for([leg], data, _says(leg, split))
        wallet = None if sender is None else wallet_of(sender, leg)
        self._simulation.require(call, sender=wallet, asset=leg.asset)
        return NeedsSignature(by=wallet, calls=(call,), until=until)

    def _check(self, leg: EscrowLeg, split: Split, *, alone: bool) -> calls.EscrowState | None:
        """What the contract keeps of the leg, which allows this split; `None` when it cannot be
        asked about one that nobody signs."""
        try:
            state = self._simulation.state(leg)
            now = self._simulation.now(leg.chain_id)
        except UnavailableError:
            if not alone:
                raise
            _log.warning("chain %s is away; calls are handed out unchecked", leg.chain_id)
            return None
        split.check(remaining=state.remaining, now=now)
        return state


def _require_whole(split: Split, state: calls.EscrowState) -> None:
    """An offer over a part of a dispute could be used in front of a ruling, which then divides
    what is left as if the part had never been given."""
    total = split.to_buyer + split.to_seller
    if state.status == calls.IN_DISPUTE and total < state.remaining:
        raise SplitOutOfRange(
            "while the arbiter is asked, an offer divides all that is held; a part of it can only"
            " be given by whoever gives it",
            context={"total": str(total), "remaining": str(state.remaining)},
        )


def _says(leg: EscrowLeg, split: Split) -> str:
    parts = ((split.to_buyer, "buyer"), (split.to_seller, "seller"))
    given = [f"the {who} {text_of(amount, leg)}" for amount, who in parts if amount]
    return f"Give {' and '.join(given)} of"
