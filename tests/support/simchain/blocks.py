"""Blocks and logs as they are, and as a node writes them in JSON."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from eth_utils.crypto import keccak

Json = dict[str, object]


@dataclass(frozen=True)
class Log:
    """What a contract said: `topics` are 0x-hex of 32 bytes, `address` is of lower case."""

    address: str
    topics: tuple[str, ...]
    data: bytes


@dataclass(frozen=True)
class Mined:
    """A transaction in its block, with all that it logged; nothing when it failed."""

    hash: str
    logs: tuple[Log, ...]
    succeeded: bool = True


@dataclass(frozen=True)
class Placed:
    """A log at its place."""

    log: Log
    block_hash: str
    block_number: int
    transaction_hash: str
    transaction_index: int
    log_index: int

    @cached_property
    def json(self) -> Json:
        """As a node gives it."""
        return {
            "address": self.log.address,
            "topics": list(self.log.topics),
            "data": "0x" + self.log.data.hex(),
            "blockNumber": hex(self.block_number),
            "blockHash": self.block_hash,
            "transactionHash": self.transaction_hash,
            "transactionIndex": hex(self.transaction_index),
            "logIndex": hex(self.log_index),
            "removed": False,
        }


@dataclass(frozen=True, eq=False)
class Block:
    """A block on top of another; `salt` tells apart what is otherwise the same."""

    parent: "Block | None"
    number: int
    timestamp: int
    salt: int
    transactions: tuple[Mined, ...] = ()

    @cached_property
    def hash(self) -> str:
        """Of all that it holds, and thereby of all below it."""
        words = [self.number, self.timestamp, self.salt]
        below = self.parent.hash if self.parent else "genesis"
        said = "/".join([below, *map(str, words), *(one.hash for one in self.transactions)])
        return "0x" + keccak(said.encode()).hex()

    @cached_property
    def logs(self) -> tuple[Placed, ...]:
        """All of them, in their order."""
        said = [(i, tx, log) for i, tx in enumerate(self.transactions) for log in tx.logs]
        return tuple(
            Placed(log, self.hash, self.number, tx.hash, index, place)
            for place, (index, tx, log) in enumerate(said)
        )

    @cached_property
    def path(self) -> "tuple[Block, ...]":
        """From the first block up to this one."""
        return (*(self.parent.path if self.parent else ()), self)

    @cached_property
    def json(self) -> Json:
        """As a node gives it without its transactions."""
        return {
            "number": hex(self.number),
            "hash": self.hash,
            "parentHash": self.parent.hash if self.parent else "0x" + "00" * 32,
            "timestamp": hex(self.timestamp),
            "logsBloom": f"0x{bloom(placed.log for placed in self.logs):0512x}",
            "transactions": [one.hash for one in self.transactions],
        }

    def receipt(self, transaction_hash: str) -> Json:
        """Of one of its transactions."""
        [mined] = [one for one in self.transactions if one.hash == transaction_hash]
        return {
            "transactionHash": transaction_hash,
            "blockHash": self.hash,
            "blockNumber": hex(self.number),
            "status": hex(mined.succeeded),
            "logs": [one.json for one in self.logs if one.transaction_hash == transaction_hash],
        }


def bloom(logs: Iterable[Log]) -> int:
    """What a header must carry: three of 2048 bits for each address and each topic."""
    bits = 0
    for log in logs:
        for item in (log.address, *log.topics):
            bits |= bloom_bits(item)
    return bits


@lru_cache(maxsize=10_000)
def bloom_bits(item: str) -> int:
    """The three bits of one address or topic."""
    digest = keccak(bytes.fromhex(item[2:]))
    bits = 0
    for at in (0, 2, 4):
        bits |= 1 << (((digest[at] << 8) | digest[at + 1]) & 2047)
    return bits
