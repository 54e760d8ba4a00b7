"""That a transaction of a block left its receipt, for whoever believes nothing but the block."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TransactionProof:
    """`header` is the block's, RLP as its hash is made of; `nodes` lead from its receipts root to
    the receipt of the transaction at `transaction_index`, whose first log is the block's
    `first_log`-th, counted from 0."""

    header: bytes
    transaction_index: int
    first_log: int
    nodes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class WantedProof:
    """A transaction in a block, by their hashes."""

    block_hash: str
    transaction_hash: str
