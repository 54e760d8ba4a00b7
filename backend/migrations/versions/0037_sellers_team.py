"""Who acts for a store besides its owner."""

import sqlalchemy as sa
from alembic import op

revision: str = "0037"
down_revision: str | None = "0036"

# For pages of one object: whether an account may see what is a store's own. It is asked once for
# each row, so that lists name the store's people in their own statement.
_WORKS_AT = """
CREATE FUNCTION works_at(account text, store text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM seller WHERE seller.id = store AND seller.account_id = account)
        OR EXISTS (SELECT FROM seller_member
                   WHERE seller_member.account_id = account AND seller_member.seller_id = store
                     AND seller_member.ended_at IS NULL)
$$
"""


def upgrade() -> None:
    op.create_table(
        "seller_member",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("seller_id", sa.Text(collation="C"), nullable=False),
        sa.Column("wallet", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(collation="C"), nullable=True),
        sa.Column("invited_by", sa.Text(collation="C"), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role IN ('manager', 'fulfilment', 'read_only')", name=op.f("ck_seller_member_role")
        ),
        sa.CheckConstraint("wallet ~ '^0x[0-9a-fA-F]{40}$'", name=op.f("ck_seller_member_wallet")),
        sa.CheckConstraint(
            "(account_id IS NULL) = (accepted_at IS NULL)", name=op.f("ck_seller_member_accepted")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_seller_member_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["seller.id"], name=op.f("fk_seller_member_seller_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seller_member")),
    )
    for name, columns in (
        ("uq_seller_member_wallet", ["seller_id", "wallet"]),
        ("uq_seller_member_account", ["account_id", "seller_id"]),
    ):
        op.create_index(
            name,
            "seller_member",
            columns,
            unique=True,
            postgresql_where=sa.text("ended_at IS NULL"),
        )
    op.execute(_WORKS_AT)


def downgrade() -> None:
    op.execute("DROP FUNCTION works_at(text, text)")
    op.drop_table("seller_member")
