"""A chain that a test writes block by block, and a source that lies on demand."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from eth_utils.crypto import keccak

from souk.core.addresses import Address
from souk.core.errors import ProviderUnavailable
from souk.modules.chain.domain import BlockHeader, Bloom, RawLog, Tips
from tests.support.chain_builders import CHAIN_ID, a_header, a_log, block_hash


class ScriptedChain:
    """A `LogSource` over blocks in memory. Block 0 is there from the start."""

    def __init__(self, chain_id: int = CHAIN_ID) -> None:
        self.chain_id = chain_id
        self.blocks: list[tuple[BlockHeader, tuple[RawLog, ...]]] = []
        self.safe: int | None = None
        self.final: int | None = None
        self.add()

    @property
    def height(self) -> int:
        """The number of the newest block."""
        return len(self.blocks) - 1

    def add(self, *logs: RawLog, branch: int = 0) -> None:
        """A block on top of the newest; its logs are given places in it."""
        number = len(self.blocks)
        own = block_hash(number, branch)
        placed = tuple(
            replace(log, block_number=number, block_hash=own, log_index=i, transaction_index=i)
            for i, log in enumerate(logs)
        )
        parent = self.blocks[-1][0].hash if self.blocks else block_hash(-1)
        self.blocks.append((a_header(number, placed, hash=own, parent_hash=parent), placed))

    def grow(self, count: int, *, branch: int = 0) -> None:
        """Empty blocks."""
        for _ in range(count):
            self.add(branch=branch)

    def cut(self, height: int) -> list[tuple[BlockHeader, tuple[RawLog, ...]]]:
        """Forget every block above `height`; returns them, to be put back."""
        gone = self.blocks[height + 1 :]
        del self.blocks[height + 1 :]
        return gone

    def identity(self) -> tuple[int, str]:
        return self.chain_id, self.blocks[0][0].hash

    def tips(self) -> Tips:
        return Tips(self.blocks[-1][0], self.safe, self.final)

    def headers(self, numbers: Sequence[int]) -> list[BlockHeader]:
        return [self.blocks[n][0] for n in numbers if n < len(self.blocks)]

    def logs_of_blocks(
        self, block_hashes: Sequence[str], *, contract: Address | None
    ) -> list[list[RawLog]]:
        by_hash = {header.hash: logs for header, logs in self.blocks}
        if not by_hash.keys() >= set(block_hashes):
            raise ProviderUnavailable("unknown block")
        return [
            [log for log in by_hash[one] if contract in (None, log.address)] for one in block_hashes
        ]

    def logs_in_range(self, first: int, last: int, *, contract: Address) -> list[RawLog]:
        chosen = self.blocks[first : last + 1]
        return [log for _, logs in chosen for log in logs if log.address == contract]

    def logs_by_receipts(self, header: BlockHeader) -> list[RawLog]:
        return self.logs_of_blocks([header.hash], contract=None)[0]


class Intercepted:
    """A `LogSource` whose answers pass through the hooks of a test. A hook is named after a
    method, and called with the honest question and its arguments."""

    def __init__(self, honest: object, **hooks: Callable[..., object]) -> None:
        self.honest = honest
        self.hooks = hooks
        self.asked: list[str] = []

    def _ask(self, name: str, *arguments: object, **options: object) -> object:
        self.asked.append(name)
        question = getattr(self.honest, name)
        hook = self.hooks.get(name)
        if hook is None:
            return question(*arguments, **options)
        return hook(question, *arguments, **options)

    def identity(self):
        return self._ask("identity")

    def tips(self):
        return self._ask("tips")

    def headers(self, numbers):
        return self._ask("headers", numbers)

    def logs_of_blocks(self, block_hashes, *, contract):
        return self._ask("logs_of_blocks", block_hashes, contract=contract)

    def logs_in_range(self, first, last, *, contract):
        return self._ask("logs_in_range", first, last, contract=contract)

    def logs_by_receipts(self, header):
        return self._ask("logs_by_receipts", header)


def refused(*_arguments: object, **_options: object) -> object:
    """A hook: the node says no."""
    raise ProviderUnavailable("the node refuses")


def a_fact(event: str = "Fulfilled(bytes32,uint40)", escrow: int = 1, **fields) -> RawLog:
    """A log of an escrow's event; its block is set when it is added to a chain."""
    topic = "0x" + keccak(event.encode()).hex()
    own = "0x" + f"{escrow:064x}"
    return a_log(**{"topics": (topic, own), "transaction_hash": own, **fields})


def full_bloom(header: BlockHeader) -> BlockHeader:
    """The same header with a bloom that excludes nothing."""
    return replace(header, logs_bloom=Bloom(2**2048 - 1).to_bytes())
