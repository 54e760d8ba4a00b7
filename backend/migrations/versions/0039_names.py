"""Names of ENS that stores have proved."""

import sqlalchemy as sa
from alembic import op

revision: str = "0039"
down_revision: str | None = "0038"

_OPEN = sa.text("lost_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "ens_verifications",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("account_id", sa.Text(collation="C"), nullable=False),
        sa.Column("seller_id", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("wallet", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", sa.Text(), nullable=False),
        sa.Column("block_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lost_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lost_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "wallet ~ '^0x[0-9a-fA-F]{40}$'", name=op.f("ck_ens_verifications_wallet")
        ),
        sa.CheckConstraint(
            "block_hash ~ '^0x[0-9a-f]{64}$'", name=op.f("ck_ens_verifications_block_hash")
        ),
        sa.CheckConstraint(
            "(lost_at IS NULL) = (lost_reason IS NULL)", name=op.f("ck_ens_verifications_lost")
        ),
        sa.CheckConstraint(
            "lost_reason IN ('not_held', 'expired', 'off_chain', 'no_address', 'repointed',"
            " 'replaced', 'wallet_gone')",
            name=op.f("ck_ens_verifications_lost_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_ens_verifications_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["seller.id"], name=op.f("fk_ens_verifications_seller_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ens_verifications")),
    )
    for column in ("account_id", "seller_id", "name"):
        op.create_index(
            f"uq_ens_verifications_{column}",
            "ens_verifications",
            [column],
            unique=True,
            postgresql_where=_OPEN,
        )
    op.create_index(
        "ix_ens_verifications_checked",
        "ens_verifications",
        ["checked_at"],
        postgresql_where=_OPEN,
    )


def downgrade() -> None:
    op.drop_table("ens_verifications")
