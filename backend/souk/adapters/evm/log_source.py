"""The `LogSource` of the chain module over one endpoint."""

from collections.abc import Sequence

from souk.adapters.evm.node import EvmNode
from souk.core.addresses import Address
from souk.modules.chain.domain import BlockHeader, RawLog, Tips
from souk.modules.chain.errors import ChainDataRefused


class NodeLogSource:
    """Blocks and logs of one node."""

    def __init__(self, node: EvmNode) -> None:
        self._node = node

    def identity(self) -> tuple[int, str]:
        """The chain id, and the hash of block 0."""
        [genesis] = self._node.blocks([0])
        if genesis is None:
            raise ChainDataRefused("the node does not give block 0")
        return self._node.chain_id(), genesis.hash

    def tips(self) -> Tips:
        """The newest block, and the heights of the tags that the node knows."""
        head, safe, final = self._node.blocks(["latest", "safe", "finalized"])
        if head is None:
            raise ChainDataRefused("the node has no newest block")
        return Tips(
            head, None if safe is None else safe.number, None if final is None else final.number
        )

    def headers(self, numbers: Sequence[int]) -> list[BlockHeader]:
        """Headers by number, up to the first that the node does not have."""
        found: list[BlockHeader] = []
        for number, header in zip(numbers, self._node.blocks(numbers), strict=True):
            if header is None:
                break
            if header.number != number:
                raise ChainDataRefused(f"asked for block {number}, got block {header.number}")
            found.append(header)
        return found

    def logs_of_blocks(
        self, block_hashes: Sequence[str], *, contract: Address | None
    ) -> list[list[RawLog]]:
        """Logs by block hash."""
        return self._node.logs_of_blocks(block_hashes, contract=contract)

    def logs_in_range(self, first: int, last: int, *, contract: Address) -> list[RawLog]:
        """Logs of one contract by block number."""
        return self._node.logs_in_range(first, last, contract=contract)

    def logs_by_receipts(self, header: BlockHeader) -> list[RawLog]:
        """Logs of one block by its receipts."""
        return self._node.receipt_logs(header)
