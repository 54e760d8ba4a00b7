"""Proofs that transactions left their receipts: wanted, made, and kept."""

import sqlalchemy as sa
from alembic import op

revision: str = "0052"
down_revision: str | None = "0051"


def upgrade() -> None:
    op.create_table(
        "chain_proof",
        sa.Column("chain_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("block_hash", sa.Text(), nullable=False),
        sa.Column("transaction_hash", sa.Text(), nullable=False),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("proved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("header", sa.LargeBinary(), nullable=True),
        sa.Column("transaction_index", sa.Integer(), nullable=True),
        sa.Column("first_log", sa.Integer(), nullable=True),
        sa.Column("nodes", sa.ARRAY(sa.LargeBinary()), nullable=True),
        sa.CheckConstraint(
            "num_nulls(header, transaction_index, first_log, nodes, proved_at) IN (0, 5)",
            name=op.f("ck_chain_proof_proved"),
        ),
        sa.ForeignKeyConstraint(
            ["chain_id", "block_hash"],
            ["chain_block.chain_id", "chain_block.hash"],
            name=op.f("fk_chain_proof_chain_id_block_hash"),
        ),
        sa.PrimaryKeyConstraint(
            "chain_id", "block_hash", "transaction_hash", name=op.f("pk_chain_proof")
        ),
    )
    op.create_index(
        "ix_chain_proof_wanted",
        "chain_proof",
        ["chain_id", "next_attempt_at"],
        postgresql_where=sa.text("proved_at IS NULL"),
    )
    # What counted before anybody asked for proofs: a node that kept its receipts still gives them.
    op.execute(
        """
        INSERT INTO chain_proof (chain_id, block_hash, transaction_hash, wanted_at,
            next_attempt_at, attempts)
        SELECT event.chain_id, event.block_hash, event.transaction_hash,
            max(effect.updated_at), max(effect.updated_at), 0
        FROM chain_effect AS effect
        JOIN chain_event AS event ON event.id = effect.event_id
        JOIN payment_attempt_leg AS leg ON leg.chain_id = effect.chain_id
            AND leg.contract = effect.contract AND leg.escrow_id = effect.escrow_id
        WHERE effect.level <> 'included'
        GROUP BY event.chain_id, event.block_hash, event.transaction_hash
        """
    )


def downgrade() -> None:
    op.drop_table("chain_proof")
