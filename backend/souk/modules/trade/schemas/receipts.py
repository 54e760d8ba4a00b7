"""The proof that an order's money went into escrow. `docs/receipts.md` says how it is checked."""

from typing import Literal

from pydantic import Field

from souk.core.web import ResponseModel


class ReceiptBlockOut(ResponseModel):
    """A block; `timestamp` is in unix seconds."""

    number: str
    hash: str
    timestamp: str


class ClaimedOut(ResponseModel):
    """What only a node can confirm: how settled the block is, by our node when this was asked for,
    and the hash of the transaction."""

    level: Literal["confirmed", "safe", "final"]
    transaction_hash: str


class ProofOut(ResponseModel):
    """A log of the contract, and the proof that it stands in a block."""

    fact: Literal["paid", "fulfilled", "disputed", "settled", "reimbursed"]
    args: dict[str, str] = Field(description="What the log says, decoded.")
    block: ReceiptBlockOut
    header: str = Field(description="RLP; its keccak-256 is the block's hash.")
    transaction_index: str
    nodes: list[str] = Field(
        description="RLP of the trie's nodes, from the header's receipts root to the receipt."
    )
    log_position: str = Field(description="Of the log in the receipt, from 0.")
    claimed: ClaimedOut


class ReceiptOut(ResponseModel):
    """Everything that it takes to check that this order's money went into escrow, and what became
    of it as far as that is proved; the payment comes first."""

    document: Literal["souk escrow receipt 1"]
    order_id: str
    chain_id: str
    contract: str
    escrow_id: str
    terms: str = Field(description="The exact text whose SHA-256 is the payment's `ref`.")
    proofs: list[ProofOut]
