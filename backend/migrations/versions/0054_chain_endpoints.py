"""How the endpoints of a chain are, and incidents of blocks that too few of them have."""

import sqlalchemy as sa
from alembic import op

revision: str = "0054"
down_revision: str | None = "0053"

_REASONS = (
    "'wrong_chain', 'reorg_below_final', 'head_fell_behind', 'unreadable_block',"
    " 'transaction_stuck', 'account_runs_dry', 'keeper_key_missing'"
)


def _allow(reasons: str) -> None:
    op.drop_constraint(op.f("ck_chain_incident_reason"), "chain_incident")
    op.create_check_constraint(
        op.f("ck_chain_incident_reason"), "chain_incident", f"reason IN ({reasons})"
    )


def upgrade() -> None:
    op.create_table(
        "chain_endpoint",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("head_block", sa.BigInteger(), nullable=True),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('http', 'websocket')", name=op.f("ck_chain_endpoint_kind")),
        sa.CheckConstraint(
            "fault IN ('fails', 'refused', 'other_branch', 'lags', 'other_chain',"
            " 'contradicted', 'silent')",
            name=op.f("ck_chain_endpoint_fault"),
        ),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name=op.f("ck_chain_endpoint_score")),
        sa.PrimaryKeyConstraint("chain_id", "kind", "number", name=op.f("pk_chain_endpoint")),
    )
    _allow(f"{_REASONS}, 'unconfirmed_block'")


def downgrade() -> None:
    op.execute("DELETE FROM chain_incident WHERE reason = 'unconfirmed_block'")
    _allow(_REASONS)
    op.drop_table("chain_endpoint")
