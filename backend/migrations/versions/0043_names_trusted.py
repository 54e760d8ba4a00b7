"""What follows from a lost name: payouts that are frozen for a while, and a letter."""

import sqlalchemy as sa
from alembic import op

revision: str = "0043"
down_revision: str | None = "0042"


def upgrade() -> None:
    op.add_column(
        "seller", sa.Column("payout_frozen_until", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_table(
        "ens_notices",
        sa.Column("event_id", sa.Text(collation="C"), nullable=False),
        sa.Column("seller_id", sa.Text(collation="C"), nullable=False),
        sa.Column("account_id", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("payout_frozen_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_ens_notices_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["seller.id"], name=op.f("fk_ens_notices_seller_id")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_ens_notices")),
    )
    op.create_index(
        "ix_ens_notices_due",
        "ens_notices",
        ["next_attempt_at"],
        postgresql_where=sa.text("sent_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("ens_notices")
    op.drop_column("seller", "payout_frozen_until")
