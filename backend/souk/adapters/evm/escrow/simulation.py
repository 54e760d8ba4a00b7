"""Trying a call on the newest block before anybody signs it."""

import logging
from collections.abc import Mapping

from souk.adapters.evm.escrow.calls import EscrowState, decode_states, read_states
from souk.adapters.evm.escrow.refusals import explain_revert
from souk.adapters.evm.node import EvmNode
from souk.core.addresses import Address
from souk.core.errors import ProviderUnavailable, UnavailableError
from souk.core.money import Asset
from souk.modules.chain.domain import Call
from souk.modules.chain.errors import CallReverted
from souk.modules.payments.domain import CallToSign, EscrowLeg

_log = logging.getLogger(__name__)


class Simulation:
    """Asks the contracts of several chains."""

    def __init__(self, nodes: Mapping[int, EvmNode]) -> None:
        self._nodes = nodes

    def require(self, call: CallToSign, *, sender: Address | None, asset: Asset) -> None:
        """Raises what the contract would refuse `sender` with (`EscrowRefused`); `None` is some
        stranger. A node that is away does not keep anybody from their money."""
        wanted = Call(call.to, bytes.fromhex(call.data[2:]), call.value)
        try:
            self._nodes[call.chain_id].call(wanted, sender=sender)
        except CallReverted as refusal:
            raise explain_revert(refusal.data, asset) from refusal
        except UnavailableError:
            _log.warning("chain %s is away; calls are handed out unchecked", call.chain_id)

    def state(self, leg: EscrowLeg) -> EscrowState:
        """What the contract keeps of a leg. Raises `ProviderUnavailable`."""
        call = Call(leg.contract, read_states(leg.escrow_id))
        state = decode_states(self._nodes[leg.chain_id].call(call))
        if state is None:
            raise ProviderUnavailable("there is no escrow contract where it should be")
        return state

    def now(self, chain_id: int) -> int:
        """The time of the newest block. Raises `ProviderUnavailable`."""
        (head,) = self._nodes[chain_id].blocks(["latest"])
        if head is None:
            raise ProviderUnavailable("the node has no newest block")
        return head.timestamp
