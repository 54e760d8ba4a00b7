"""Tables of chain."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0002"
down_revision: str | None = "0001"


def upgrade() -> None:
    op.create_table(
        "chain",
        sa.Column("chain_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("genesis_hash", sa.Text(), nullable=False),
        sa.Column("next_block", sa.BigInteger(), nullable=False),
        sa.Column("head_hash", sa.Text(), nullable=True),
        sa.Column("safe_block", sa.BigInteger(), nullable=False),
        sa.Column("final_block", sa.BigInteger(), nullable=False),
        sa.Column("lease_epoch", sa.BigInteger(), nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("advanced_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("chain_id", name=op.f("pk_chain")),
    )
    op.create_table(
        "chain_incident",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "reason IN ('wrong_chain', 'reorg_below_final', 'head_fell_behind', 'unreadable_block')",
            name=op.f("ck_chain_incident_reason"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_incident")),
    )
    op.create_index(
        "uq_chain_incident_open",
        "chain_incident",
        ["chain_id", "reason"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "chain_nonce",
        sa.Column("chain_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("next_nonce", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "sender", name=op.f("pk_chain_nonce")),
    )
    op.create_table(
        "chain_transaction",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("intent", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("nonce", sa.BigInteger(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("value", sa.Numeric(78, 0), nullable=False),
        sa.Column("gas_limit", sa.BigInteger(), nullable=False),
        sa.Column("max_fee_per_gas", sa.Numeric(78, 0), nullable=False),
        sa.Column("max_priority_fee_per_gas", sa.Numeric(78, 0), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("transaction_hash", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=True),
        sa.Column("block_hash", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("broadcast_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status IN ('signed', 'broadcast', 'mined', 'reverted', 'dropped')",
            name=op.f("ck_chain_transaction_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_transaction")),
    )
    op.create_index(
        "uq_chain_transaction_intent",
        "chain_transaction",
        ["chain_id", "intent"],
        unique=True,
        postgresql_where=sa.text("status <> 'dropped'"),
    )
    op.create_index(
        "uq_chain_transaction_hash",
        "chain_transaction",
        ["chain_id", "transaction_hash"],
        unique=True,
        postgresql_where=sa.text("status <> 'dropped'"),
    )
    op.create_index(
        "ix_chain_transaction_created_at",
        "chain_transaction",
        ["chain_id", "created_at"],
        unique=False,
    )
    op.create_index(
        "uq_chain_transaction_nonce",
        "chain_transaction",
        ["chain_id", "sender", "nonce"],
        unique=True,
        postgresql_where=sa.text("status <> 'dropped'"),
    )
    op.create_table(
        "chain_block",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(collation="C"), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("parent_hash", sa.Text(), nullable=False),
        sa.Column("timestamp", sa.BigInteger(), nullable=False),
        sa.Column("canonical", sa.Boolean(), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["chain_id"], ["chain.chain_id"], name=op.f("fk_chain_block_chain_id")
        ),
        sa.PrimaryKeyConstraint("chain_id", "hash", name=op.f("pk_chain_block")),
    )
    op.create_index(
        "uq_chain_block_canonical",
        "chain_block",
        ["chain_id", "number"],
        unique=True,
        postgresql_where=sa.text("canonical"),
    )
    op.create_table(
        "chain_gap",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("first_block", sa.BigInteger(), nullable=False),
        sa.Column("last_block", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["chain_id"], ["chain.chain_id"], name=op.f("fk_chain_gap_chain_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_gap")),
    )
    op.create_index(
        "uq_chain_gap_open",
        "chain_gap",
        ["chain_id", "first_block"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "chain_event",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", sa.Text(collation="C"), nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("transaction_hash", sa.Text(), nullable=False),
        sa.Column("transaction_index", sa.Integer(), nullable=False),
        sa.Column("contract", sa.Text(), nullable=False),
        sa.Column("topics", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("escrow_id", sa.Text(collation="C"), nullable=True),
        sa.Column("args", postgresql.JSONB(), nullable=True),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["chain_id", "block_hash"],
            ["chain_block.chain_id", "chain_block.hash"],
            name=op.f("fk_chain_event_chain_id_block_hash"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_event")),
        sa.UniqueConstraint(
            "chain_id",
            "block_hash",
            "log_index",
            name=op.f("uq_chain_event_chain_id_block_hash_log_index"),
        ),
    )
    op.create_index("ix_chain_event_escrow", "chain_event", ["chain_id", "escrow_id"], unique=False)
    op.create_table(
        "chain_effect",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("contract", sa.Text(), nullable=False),
        sa.Column("escrow_id", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Text(collation="C"), nullable=True),
        sa.Column("observation_id", sa.Text(collation="C"), nullable=True),
        sa.Column("block_number", sa.BigInteger(), nullable=True),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "level IN ('included', 'confirmed', 'safe', 'final')",
            name=op.f("ck_chain_effect_level"),
        ),
        sa.CheckConstraint(
            "num_nulls(event_id, observation_id, block_number, level) IN (0, 4)",
            name=op.f("ck_chain_effect_observed"),
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["chain_event.id"], name=op.f("fk_chain_effect_event_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_effect")),
        sa.UniqueConstraint("event_id", name=op.f("uq_chain_effect_event_id")),
        sa.UniqueConstraint(
            "chain_id",
            "contract",
            "escrow_id",
            "kind",
            "sequence",
            name=op.f("uq_chain_effect_chain_id_contract_escrow_id_kind_sequence"),
        ),
    )
    op.create_index(
        "ix_chain_effect_block", "chain_effect", ["chain_id", "block_number"], unique=False
    )
    op.create_index(
        "ix_chain_effect_rising",
        "chain_effect",
        ["chain_id", "block_number"],
        unique=False,
        postgresql_where=sa.text("level <> 'final'"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_chain_effect_rising",
        table_name="chain_effect",
        postgresql_where=sa.text("level <> 'final'"),
    )
    op.drop_index("ix_chain_effect_block", table_name="chain_effect")
    op.drop_table("chain_effect")
    op.drop_index("ix_chain_event_escrow", table_name="chain_event")
    op.drop_table("chain_event")
    op.drop_index(
        "uq_chain_gap_open", table_name="chain_gap", postgresql_where=sa.text("closed_at IS NULL")
    )
    op.drop_table("chain_gap")
    op.drop_index(
        "uq_chain_block_canonical", table_name="chain_block", postgresql_where=sa.text("canonical")
    )
    op.drop_table("chain_block")
    op.drop_index(
        "uq_chain_transaction_nonce",
        table_name="chain_transaction",
        postgresql_where=sa.text("status <> 'dropped'"),
    )
    op.drop_index(
        "uq_chain_transaction_hash",
        table_name="chain_transaction",
        postgresql_where=sa.text("status <> 'dropped'"),
    )
    op.drop_index(
        "uq_chain_transaction_intent",
        table_name="chain_transaction",
        postgresql_where=sa.text("status <> 'dropped'"),
    )
    op.drop_index("ix_chain_transaction_created_at", table_name="chain_transaction")
    op.drop_table("chain_transaction")
    op.drop_table("chain_nonce")
    op.drop_index(
        "uq_chain_incident_open",
        table_name="chain_incident",
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.drop_table("chain_incident")
    op.drop_table("chain")
