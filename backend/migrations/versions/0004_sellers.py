"""Tables of sellers."""

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"


def upgrade() -> None:
    op.create_table(
        "seller",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("account_id", sa.Text(collation="C"), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("payout_wallet", sa.Text(), nullable=False),
        sa.Column("bio", sa.Text(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("twitter", sa.Text(), nullable=True),
        sa.Column("discord", sa.Text(), nullable=True),
        sa.Column("telegram", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("handle ~ '^[a-z0-9-]{3,32}$'", name=op.f("ck_seller_handle")),
        sa.CheckConstraint("status IN ('approved', 'suspended')", name=op.f("ck_seller_status")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_seller_version")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_seller_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seller")),
        sa.UniqueConstraint("account_id", name=op.f("uq_seller_account_id")),
        sa.UniqueConstraint("handle", name=op.f("uq_seller_handle")),
    )


def downgrade() -> None:
    op.drop_table("seller")
