"""Wallets to which stores are paid on single chains, and what orders keep of them.

What an order says about where its money goes is settled when it is placed. The column is empty in
orders from before, and in those of code that knows nothing of it: these pay the one wallet.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0044"
down_revision: str | None = "0043"

_KEEP = """
CREATE FUNCTION keep_order_payouts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'where the money of an order goes was settled when it was placed'
        USING ERRCODE = 'integrity_constraint_violation';
END
$$
"""
_TRIGGER = """
CREATE TRIGGER order_payouts_are_kept BEFORE UPDATE OF payout_wallet, payout_wallets ON orders
FOR EACH ROW WHEN (
    OLD.payout_wallet IS DISTINCT FROM NEW.payout_wallet
    OR OLD.payout_wallets IS DISTINCT FROM NEW.payout_wallets)
EXECUTE FUNCTION keep_order_payouts()
"""
# Code from before would pay these orders to another wallet than they say.
_REFUSE = """
DO $$
BEGIN
    LOCK TABLE orders IN ACCESS EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM orders WHERE payout_wallets IS NOT NULL) THEN
        RAISE EXCEPTION
            'orders name payout wallets of single chains, which would be lost: stay at 0044';
    END IF;
END
$$
"""


def upgrade() -> None:
    op.create_table(
        "seller_payout_wallet",
        sa.Column("seller_id", sa.Text(collation="C"), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("wallet", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "wallet ~ '^0x[0-9a-fA-F]{40}$'", name=op.f("ck_seller_payout_wallet_wallet")
        ),
        sa.CheckConstraint("chain_id >= 1", name=op.f("ck_seller_payout_wallet_chain_id")),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["seller.id"], name=op.f("fk_seller_payout_wallet_seller_id")
        ),
        sa.PrimaryKeyConstraint("seller_id", "chain_id", name=op.f("pk_seller_payout_wallet")),
    )
    op.add_column(
        "orders",
        sa.Column("payout_wallets", postgresql.JSONB(none_as_null=True), nullable=True),
    )
    for statement in (_KEEP, _TRIGGER):
        op.execute(statement)


def downgrade() -> None:
    op.execute(_REFUSE)
    op.execute("DROP TRIGGER order_payouts_are_kept ON orders")
    op.execute("DROP FUNCTION keep_order_payouts")
    op.drop_column("orders", "payout_wallets")
    op.drop_table("seller_payout_wallet")
