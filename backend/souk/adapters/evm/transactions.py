"""Looking at transactions that others have sent."""

from collections.abc import Mapping, Sequence

from souk.adapters.evm.escrow.refusals import explain_revert
from souk.adapters.evm.node import EvmNode
from souk.core.addresses import Address
from souk.core.errors import UnavailableError
from souk.core.money import Asset
from souk.modules.chain.domain import Call
from souk.modules.chain.errors import CallReverted
from souk.modules.payments.domain.following import SentTransaction
from souk.modules.payments.errors import EscrowGasTooLow, EscrowRefused


class EvmTransactions:
    """The `TransactionReader` port over a node for each chain."""

    def __init__(self, nodes: Mapping[int, EvmNode]) -> None:
        self._nodes = nodes

    def look(self, chain_id: int, hashes: Sequence[str]) -> dict[str, SentTransaction | None]:
        """Waiting and mined ones. There are kinds of transactions that no wallet sends, and that
        have not the form which is read here."""
        return self._nodes[chain_id].find_transactions(hashes)

    def count_used(self, chain_id: int, account: Address, *, up_to_block: int) -> int:
        """By the state of that block, which a node may not have any more, or not yet."""
        try:
            return self._nodes[chain_id].count_mined(account, up_to_block)
        except UnavailableError:
            return 0

    def why_reverted(
        self, chain_id: int, transaction: SentTransaction, asset: Asset
    ) -> EscrowRefused:
        """A receipt does not say why, so the call is tried once more on top of its own block, where
        the time is the same and hardly anything else another. What goes through there, and had used
        all its gas, had too little."""
        at, to = transaction.inclusion, transaction.to
        if at is None or to is None:
            return explain_revert("0x", asset)
        call = Call(to, transaction.data, transaction.value)
        try:
            self._nodes[chain_id].call(call, sender=transaction.sender, block_hash=at.block_hash)
        except CallReverted as refusal:
            return explain_revert(refusal.data, asset)
        except UnavailableError:
            return explain_revert("0x", asset)
        if _ran_dry(at.gas_used, transaction.gas):
            return EscrowGasTooLow("the transaction ran out of gas; send it again with more")
        return explain_revert("0x", asset)


def _ran_dry(used: int, given: int) -> bool:
    """A call inside gets at most 63 of 64 parts (EIP-150), so that a little is left outside."""
    return used * 64 >= given * 63
