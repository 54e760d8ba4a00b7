"""Tables of the chain module."""

from enum import StrEnum

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from souk.core.db import Amount, Base, Id, Instant
from souk.modules.chain.domain import IncidentReason, Level, TransactionStatus
from souk.modules.chain.domain.endpoints import EndpointKind, Fault


def _one_of(column: str, values: type[StrEnum]) -> str:
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


class ChainRow(Base):
    """The cursor of one chain and the lease of whoever moves it.

    `next_block` is the first block not yet taken in, `head_hash` the hash of the one before it;
    NULL until the first block. `final_block` only rises, except on a disposable chain.
    """

    __tablename__ = "chain"

    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    genesis_hash: Mapped[str]
    next_block: Mapped[int] = mapped_column(BigInteger)
    head_hash: Mapped[str | None]
    safe_block: Mapped[int] = mapped_column(BigInteger)
    final_block: Mapped[int] = mapped_column(BigInteger)
    lease_epoch: Mapped[int] = mapped_column(BigInteger)
    lease_owner: Mapped[str | None]
    lease_until: Mapped[Instant | None]
    advanced_at: Mapped[Instant | None]


class ChainBlockRow(Base):
    """A block seen once; `canonical` says whether it still counts. `timestamp` in unix seconds."""

    __tablename__ = "chain_block"
    __table_args__ = (
        Index(
            "uq_chain_block_canonical",
            "chain_id",
            "number",
            unique=True,
            postgresql_where=text("canonical"),
        ),
    )

    chain_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("chain.chain_id"), primary_key=True
    )
    hash: Mapped[Id] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    parent_hash: Mapped[str]
    timestamp: Mapped[int] = mapped_column(BigInteger)
    canonical: Mapped[bool]
    observed_at: Mapped[Instant]


class ChainEventRow(Base):
    """A log of our contract, kept for ever as it was given. The decoded columns are NULL for a
    log that is no fact of an escrow."""

    __tablename__ = "chain_event"
    __table_args__ = (
        ForeignKeyConstraint(
            ["chain_id", "block_hash"], ["chain_block.chain_id", "chain_block.hash"]
        ),
        UniqueConstraint("chain_id", "block_hash", "log_index"),
        Index("ix_chain_event_escrow", "chain_id", "escrow_id"),
        Index("ix_chain_event_transaction", "transaction_hash"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    chain_id: Mapped[int] = mapped_column(BigInteger)
    block_hash: Mapped[Id]
    log_index: Mapped[int] = mapped_column(Integer)
    block_number: Mapped[int] = mapped_column(BigInteger)
    transaction_hash: Mapped[str]
    transaction_index: Mapped[int] = mapped_column(Integer)
    contract: Mapped[str]
    topics: Mapped[list[str]] = mapped_column(ARRAY(Text))
    data: Mapped[bytes] = mapped_column(LargeBinary)
    kind: Mapped[str | None]
    escrow_id: Mapped[Id | None]
    args: Mapped[dict[str, str] | None] = mapped_column(JSONB)
    observed_at: Mapped[Instant]


class ChainEffectRow(Base):
    """The n-th fact of a kind about an escrow, and the log that shows it now.

    While its block is orphaned `event_id`, `observation_id`, `block_number` and `level` are NULL.
    """

    __tablename__ = "chain_effect"
    __table_args__ = (
        UniqueConstraint("chain_id", "contract", "escrow_id", "kind", "sequence"),
        CheckConstraint(_one_of("level", Level), name="level"),
        CheckConstraint(
            "num_nulls(event_id, observation_id, block_number, level) IN (0, 4)", name="observed"
        ),
        Index(
            "ix_chain_effect_rising",
            "chain_id",
            "block_number",
            postgresql_where=text("level <> 'final'"),
        ),
        Index("ix_chain_effect_block", "chain_id", "block_number"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    chain_id: Mapped[int] = mapped_column(BigInteger)
    contract: Mapped[str]
    escrow_id: Mapped[Id]
    kind: Mapped[str]
    sequence: Mapped[int] = mapped_column(Integer)
    event_id: Mapped[Id | None] = mapped_column(ForeignKey("chain_event.id"), unique=True)
    observation_id: Mapped[Id | None]
    block_number: Mapped[int | None] = mapped_column(BigInteger)
    level: Mapped[str | None]
    updated_at: Mapped[Instant]


class ChainProofRow(Base):
    """That a transaction of a block left its receipt: wanted, and kept for ever once it is made. A
    transaction that is mined again in another block is proved anew there. The last five columns
    are NULL until it is."""

    __tablename__ = "chain_proof"
    __table_args__ = (
        ForeignKeyConstraint(
            ["chain_id", "block_hash"], ["chain_block.chain_id", "chain_block.hash"]
        ),
        CheckConstraint(
            "num_nulls(header, transaction_index, first_log, nodes, proved_at) IN (0, 5)",
            name="proved",
        ),
        Index(
            "ix_chain_proof_wanted",
            "chain_id",
            "next_attempt_at",
            postgresql_where=text("proved_at IS NULL"),
        ),
    )

    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    block_hash: Mapped[Id] = mapped_column(primary_key=True)
    transaction_hash: Mapped[Id] = mapped_column(primary_key=True)
    wanted_at: Mapped[Instant]
    next_attempt_at: Mapped[Instant]
    attempts: Mapped[int] = mapped_column(Integer)
    last_error: Mapped[str | None]
    proved_at: Mapped[Instant | None]
    header: Mapped[bytes | None] = mapped_column(LargeBinary)
    transaction_index: Mapped[int | None] = mapped_column(Integer)
    first_log: Mapped[int | None] = mapped_column(Integer)
    nodes: Mapped[list[bytes] | None] = mapped_column(ARRAY(LargeBinary))


class ChainGapRow(Base):
    """Blocks that are known to exist and cannot be read. Open while `closed_at` is NULL."""

    __tablename__ = "chain_gap"
    __table_args__ = (
        Index(
            "uq_chain_gap_open",
            "chain_id",
            "first_block",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    chain_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("chain.chain_id"))
    first_block: Mapped[int] = mapped_column(BigInteger)
    last_block: Mapped[int] = mapped_column(BigInteger)
    opened_at: Mapped[Instant]
    closed_at: Mapped[Instant | None]


class ChainEndpointRow(Base):
    """How an endpoint was when it was looked at last, by its place in the configuration."""

    __tablename__ = "chain_endpoint"
    __table_args__ = (
        CheckConstraint(_one_of("kind", EndpointKind), name="kind"),
        CheckConstraint(_one_of("fault", Fault), name="fault"),
        CheckConstraint("score BETWEEN 0 AND 100", name="score"),
    )

    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    score: Mapped[int] = mapped_column(Integer)
    fault: Mapped[str | None]
    head_block: Mapped[int | None] = mapped_column(BigInteger)
    looked_at: Mapped[Instant]


class ChainIncidentRow(Base):
    """Something that the watcher must not decide by itself; at most one of a reason is open."""

    __tablename__ = "chain_incident"
    __table_args__ = (
        CheckConstraint(_one_of("reason", IncidentReason), name="reason"),
        Index(
            "uq_chain_incident_open",
            "chain_id",
            "reason",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    chain_id: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str]
    detail: Mapped[str]
    block_number: Mapped[int | None] = mapped_column(BigInteger)
    opened_at: Mapped[Instant]
    closed_at: Mapped[Instant | None]
    resolution: Mapped[str | None]


class ChainTransactionRow(Base):
    """A transaction of ours: signed and stored before anyone else sees it. Of an intent there is
    one, beside those that it has replaced, which bear the same nonce. `max_fee_allowed` is what may
    be offered at most for a unit of gas, in wei, by whatever replaces it."""

    __tablename__ = "chain_transaction"
    __table_args__ = (
        CheckConstraint(_one_of("status", TransactionStatus), name="status"),
        Index(
            "uq_chain_transaction_intent",
            "chain_id",
            "intent",
            unique=True,
            postgresql_where=text("status NOT IN ('dropped', 'replaced')"),
        ),
        Index(
            "uq_chain_transaction_hash",
            "chain_id",
            "transaction_hash",
            unique=True,
            postgresql_where=text("status <> 'dropped'"),
        ),
        Index(
            "uq_chain_transaction_nonce",
            "chain_id",
            "sender",
            "nonce",
            unique=True,
            postgresql_where=text("status NOT IN ('dropped', 'replaced')"),
        ),
        Index("ix_chain_transaction_created_at", "chain_id", "created_at"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    chain_id: Mapped[int] = mapped_column(BigInteger)
    intent: Mapped[str]
    sender: Mapped[str]
    nonce: Mapped[int] = mapped_column(BigInteger)
    target: Mapped[str]
    data: Mapped[bytes] = mapped_column(LargeBinary)
    value: Mapped[Amount]
    gas_limit: Mapped[int] = mapped_column(BigInteger)
    max_fee_per_gas: Mapped[Amount]
    max_priority_fee_per_gas: Mapped[Amount]
    max_fee_allowed: Mapped[Amount]
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    transaction_hash: Mapped[str]
    status: Mapped[str]
    block_number: Mapped[int | None] = mapped_column(BigInteger)
    block_hash: Mapped[str | None]
    created_at: Mapped[Instant]
    broadcast_at: Mapped[Instant | None]
    last_error: Mapped[str | None]


class ChainNonceRow(Base):
    """The next nonce of an account we send from; its row lock makes senders take turns."""

    __tablename__ = "chain_nonce"

    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    sender: Mapped[str] = mapped_column(primary_key=True)
    next_nonce: Mapped[int] = mapped_column(BigInteger)
