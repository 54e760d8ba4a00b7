"""Pictures that parties lay down about an order, and who has read them."""

import sqlalchemy as sa
from alembic import op

revision: str = "0051"
down_revision: str | None = "0050"

_KIND = "ck_image_use_kind"
_KINDS = "'store_profile', 'store_cover', 'listing', 'order_line'"


def upgrade() -> None:
    op.drop_constraint(op.f(_KIND), "image_use")
    op.create_check_constraint(op.f(_KIND), "image_use", f"kind IN ({_KINDS}, 'evidence')")
    op.create_table(
        "order_evidence",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("order_id", sa.Text(collation="C"), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(collation="C"), nullable=False),
        sa.Column("ipfs_hash", sa.Text(), nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("attached_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("party IN ('buyer', 'seller')", name=op.f("ck_order_evidence_party")),
        sa.CheckConstraint(
            "ipfs_hash ~ '^b[a-z2-7]{58}$'", name=op.f("ck_order_evidence_ipfs_hash")
        ),
        sa.CheckConstraint("size > 0", name=op.f("ck_order_evidence_size")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_evidence_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_order_evidence_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_evidence")),
        sa.UniqueConstraint(
            "order_id", "ipfs_hash", name=op.f("uq_order_evidence_order_id_ipfs_hash")
        ),
    )
    op.create_table(
        "order_evidence_reading",
        sa.Column("evidence_id", sa.Text(collation="C"), nullable=False),
        sa.Column("account_id", sa.Text(collation="C"), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "reader IN ('buyer', 'seller', 'arbiter')",
            name=op.f("ck_order_evidence_reading_reader"),
        ),
        sa.CheckConstraint("times >= 1", name=op.f("ck_order_evidence_reading_times")),
        sa.ForeignKeyConstraint(
            ["evidence_id"],
            ["order_evidence.id"],
            name=op.f("fk_order_evidence_reading_evidence_id"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_order_evidence_reading_account_id")
        ),
        sa.PrimaryKeyConstraint(
            "evidence_id", "account_id", "reader", name=op.f("pk_order_evidence_reading")
        ),
    )


def downgrade() -> None:
    op.drop_table("order_evidence_reading")
    op.drop_table("order_evidence")
    op.execute("DELETE FROM image_use WHERE kind = 'evidence'")
    op.drop_constraint(op.f(_KIND), "image_use")
    op.create_check_constraint(op.f(_KIND), "image_use", f"kind IN ({_KINDS})")
