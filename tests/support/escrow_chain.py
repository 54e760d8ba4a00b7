"""What a test of the escrow contract needs of an EVM. There are two, anvil and py-evm."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

PLENTY_OF_GAS = 3_000_000


@dataclass(frozen=True, slots=True)
class Log:
    """One log of a transaction."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a transaction; `output` is the revert data of one that failed, and the new
    contract's address of one that created it."""

    succeeded: bool
    output: bytes
    logs: tuple[Log, ...]


@dataclass(frozen=True, slots=True)
class Transaction:
    """Gas is free, any address may send, and the block has this time. `to` is empty to create."""

    at: int
    sender: bytes
    to: bytes
    data: bytes
    value: int = 0
    gas: int = PLENTY_OF_GAS


@dataclass(frozen=True, slots=True)
class View:
    """A read: the answer of `to` to `data`, or its balance of the native coin when `data` is
    empty, as 32 bytes."""

    to: bytes
    data: bytes


class EscrowChain(Protocol):
    """One EVM."""

    chain_id: int

    def keep(self) -> None:
        """Remember the present state, once."""

    def restore(self) -> None:
        """Go back to the state that was kept."""

    def send(self, transaction: Transaction) -> Outcome:
        """Run a transaction in a block of its own."""

    def read(self, views: Sequence[View]) -> list[bytes]:
        """Look at the newest state."""

    def set_coin(self, account: bytes, balance: int) -> None:
        """Give an account this much of the native coin, without a transaction."""
