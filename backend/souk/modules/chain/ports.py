"""What the chain module needs from outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from souk.core.addresses import Address
from souk.core.ports import Bus
from souk.modules.chain.domain import (
    BlockHeader,
    Call,
    DecodedEvent,
    GasPrice,
    RawLog,
    Tips,
    TransactionProof,
)


class LogSource(Protocol):
    """One endpoint of one chain. Every method raises `ProviderUnavailable` when it cannot be
    reached or refuses, `ChainDataRefused` when an answer has not the form it must have, and may
    not be called inside a database transaction."""

    def identity(self) -> tuple[int, str]:
        """The chain id that the endpoint serves, and the hash of its block 0."""
        ...

    def tips(self) -> Tips:
        """Its newest block, and the heights of its `safe` and `finalized` tags."""
        ...

    def headers(self, numbers: Sequence[int]) -> list[BlockHeader]:
        """Canonical headers of these block numbers, which rise; the list ends early where the
        node has no further block."""
        ...

    def logs_of_blocks(
        self, block_hashes: Sequence[str], *, contract: Address | None
    ) -> list[list[RawLog]]:
        """The logs of each block, asked by its hash, in log order: all of them, or those of one
        contract."""
        ...

    def logs_in_range(self, first: int, last: int, *, contract: Address) -> list[RawLog]:
        """The logs of one contract in canonical blocks `first` to `last`, both included."""
        ...

    def logs_by_receipts(self, header: BlockHeader) -> list[RawLog]:
        """All logs of a block, put together from its transactions' receipts."""
        ...


class Heads(Bus, Protocol):
    """Says that a chain may have a new block. It carries nothing that is believed: who is woken
    asks a `LogSource`, and who is not asks a moment later."""

    @property
    def heard(self) -> bool:
        """Whether anything is announced at present; true until it was listened to for a while."""
        ...


class ProofSource(Protocol):
    """Proves what stands in the blocks of one chain."""

    def prove(self, block_hash: str, transaction_hash: str) -> TransactionProof:
        """That a transaction of this block left its receipt. Raises `ProviderUnavailable`, and
        `ChainDataRefused` where what is given does not make the block's hash."""
        ...


class EventDecoder(Protocol):
    """Reads the escrow contract's logs."""

    @property
    def topics(self) -> frozenset[str]:
        """The first topics of the events it knows."""
        ...

    def decode(self, log: RawLog) -> DecodedEvent | None:
        """What the log means; `None` for an event that it does not know or that has not the
        form of ours."""
        ...


@dataclass(frozen=True, slots=True)
class PreparedTransaction:
    """A call that was simulated without a revert, with what its sender will pay at most (fees in
    wei a unit of gas), and the count of transactions the node knows of the sender."""

    call: Call
    gas_limit: int
    max_fee_per_gas: int
    max_priority_fee_per_gas: int
    account_nonce: int


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """Bytes that may be sent any number of times."""

    raw: bytes
    transaction_hash: str


@dataclass(frozen=True, slots=True)
class MinedTransaction:
    """Where a transaction was included, and whether it did what it should."""

    block_number: int
    block_hash: str
    succeeded: bool


class TransactionSender(Protocol):
    """Holds a key of one chain that pays gas."""

    @property
    def address(self) -> Address:
        """The account that sends."""
        ...

    def prepare(self, call: Call, max_fee_per_gas: int) -> PreparedTransaction:
        """Simulate the call and price it, at no more than so many wei a unit of gas. Raises
        `CallReverted`, `NetworkFeeTooHigh`, `ProviderRejected` when the account cannot pay for
        it, `ProviderUnavailable`."""
        ...

    def price(self) -> GasPrice:
        """What a unit of gas costs now. Raises `ProviderUnavailable`."""
        ...

    def balance(self) -> int:
        """What the account holds, in wei. Raises `ProviderUnavailable`."""
        ...

    def sign(self, prepared: PreparedTransaction, nonce: int) -> SignedTransaction:
        """Sign; the same input gives the same bytes. Reaches for nothing outside."""
        ...

    def broadcast(self, signed: SignedTransaction) -> None:
        """Hand the bytes to the node; fine when it knows them already. Raises
        `TransactionRefused`, `ProviderUnavailable`."""
        ...

    def find_mined(self, transaction_hash: str) -> MinedTransaction | None:
        """Where the transaction stands on the node's canonical chain, if it does."""
        ...

    def count_mined(self, account: Address, *, up_to_block: int) -> int:
        """How many transactions of an account stand in blocks up to this one, by the node's
        canonical chain. Raises `ProviderUnavailable`, also while the node lacks the block."""
        ...
