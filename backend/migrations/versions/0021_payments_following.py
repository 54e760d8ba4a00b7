"""Transactions that payers have handed in are followed; and the last rate of a price feed is found
without reading every attempt."""

import sqlalchemy as sa
from alembic import op

revision: str = "0021"
down_revision: str | None = "0018"

_ATTEMPT, _TRAIL = "payment_attempt", "payment_trail"
_RATE, _SUBMITTED = "ix_payment_attempt_rate", "ix_payment_attempt_submitted"


def upgrade() -> None:
    op.create_table(
        _TRAIL,
        sa.Column("attempt_id", sa.Text(collation="C"), nullable=False),
        sa.Column("transaction_hash", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=True),
        sa.Column("nonce", sa.BigInteger(), nullable=True),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("nonce >= 0", name=op.f("ck_payment_trail_nonce")),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["payment_attempt.id"], name=op.f("fk_payment_trail_attempt_id")
        ),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_payment_trail")),
    )
    op.create_index(_RATE, _ATTEMPT, ["chain_id", "rate_source", "quote_issued_at"])
    op.create_index(
        _SUBMITTED, _ATTEMPT, ["chain_id"], postgresql_where=sa.text("status = 'submitted'")
    )


def downgrade() -> None:
    for name in (_SUBMITTED, _RATE):
        op.drop_index(name, table_name=_ATTEMPT)
    op.drop_table(_TRAIL)
