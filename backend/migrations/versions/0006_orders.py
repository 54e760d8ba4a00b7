"""Checkouts, orders, their history, holds and tracking, and carts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0006"
down_revision: str | None = "0005"

# Runs at commit, when all rows of the transaction are there: the history of an order is numbered
# from 1 without gaps, each step starts where the one before ended, and the last one ends at the
# order's status.
_REQUIRE_PATH = """
CREATE FUNCTION require_order_history() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    subject text;
    broken boolean;
    reached text;
    current_status text;
BEGIN
    IF TG_TABLE_NAME = 'orders' THEN
        subject := NEW.id;
    ELSE
        subject := NEW.order_id;
    END IF;
    SELECT bool_or(step.sequence <> step.place
                   OR step.from_status IS DISTINCT FROM step.previous_status),
           (array_agg(step.to_status ORDER BY step.sequence DESC))[1]
    INTO broken, reached
    FROM (
        SELECT sequence, from_status, to_status,
               row_number() OVER path AS place,
               lag(to_status) OVER path AS previous_status
        FROM order_status_history WHERE order_id = subject
        WINDOW path AS (ORDER BY sequence)
    ) AS step;
    SELECT status INTO current_status FROM orders WHERE id = subject;
    IF broken IS NOT FALSE OR reached IS DISTINCT FROM current_status THEN
        RAISE EXCEPTION 'the history of order % does not lead to its status', subject
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END
$$
"""
_KEEP_HISTORY = """
CREATE FUNCTION keep_order_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'order history is only ever added to'
        USING ERRCODE = 'integrity_constraint_violation';
END
$$
"""
_TRIGGERS = (
    """
    CREATE CONSTRAINT TRIGGER orders_have_history AFTER INSERT OR UPDATE OF status ON orders
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_order_history()
    """,
    """
    CREATE CONSTRAINT TRIGGER order_history_is_a_path AFTER INSERT ON order_status_history
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_order_history()
    """,
    """
    CREATE TRIGGER order_history_is_kept BEFORE UPDATE OR DELETE ON order_status_history
    FOR EACH ROW EXECUTE FUNCTION keep_order_history()
    """,
)


def upgrade() -> None:
    op.create_table(
        "cart",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("account_id", sa.Text(collation="C"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_cart_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cart")),
    )
    op.create_index("ix_cart_account_id", "cart", ["account_id"], unique=False)
    op.create_table(
        "checkout",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("buyer_id", sa.Text(collation="C"), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=True),
        sa.Column("total", sa.Numeric(78, 0), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("total > 0", name=op.f("ck_checkout_total")),
        sa.ForeignKeyConstraint(["buyer_id"], ["account.id"], name=op.f("fk_checkout_buyer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkout")),
        sa.UniqueConstraint(
            "buyer_id", "request_key", name=op.f("uq_checkout_buyer_id_request_key")
        ),
    )
    op.create_table(
        "cart_item",
        sa.Column("cart_id", sa.Text(collation="C"), nullable=False),
        sa.Column("listing_id", sa.Text(collation="C"), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity BETWEEN 1 AND 1000", name=op.f("ck_cart_item_quantity")),
        sa.ForeignKeyConstraint(["cart_id"], ["cart.id"], name=op.f("fk_cart_item_cart_id")),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listing.id"], name=op.f("fk_cart_item_listing_id")
        ),
        sa.PrimaryKeyConstraint("cart_id", "listing_id", name=op.f("pk_cart_item")),
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("checkout_id", sa.Text(collation="C"), nullable=False),
        sa.Column("buyer_id", sa.Text(collation="C"), nullable=False),
        sa.Column("seller_id", sa.Text(collation="C"), nullable=False),
        sa.Column("seller_account_id", sa.Text(collation="C"), nullable=False),
        sa.Column("payout_wallet", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("total", sa.Numeric(78, 0), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("handling_days", sa.Integer(), nullable=True),
        sa.Column("transit_days", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('physical', 'digital')", name=op.f("ck_orders_kind")),
        sa.CheckConstraint(
            "status IN ('pending_payment', 'paid', 'processing', 'shipped', 'delivered', 'completed', 'cancelled', 'expired')",
            name=op.f("ck_orders_status"),
        ),
        sa.CheckConstraint("buyer_id <> seller_account_id", name=op.f("ck_orders_parties")),
        sa.CheckConstraint("total > 0", name=op.f("ck_orders_total")),
        sa.ForeignKeyConstraint(["buyer_id"], ["account.id"], name=op.f("fk_orders_buyer_id")),
        sa.ForeignKeyConstraint(
            ["checkout_id"], ["checkout.id"], name=op.f("fk_orders_checkout_id")
        ),
        sa.ForeignKeyConstraint(
            ["seller_account_id"], ["account.id"], name=op.f("fk_orders_seller_account_id")
        ),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name=op.f("fk_orders_seller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
    )
    op.create_index("ix_orders_buyer_newest", "orders", ["buyer_id", "id"], unique=False)
    op.create_index("ix_orders_checkout_id", "orders", ["checkout_id"], unique=False)
    op.create_index("ix_orders_seller_newest", "orders", ["seller_id", "id"], unique=False)
    op.create_table(
        "order_hold",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("order_id", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('dispute', 'chargeback', 'incident', 'orphan', 'fraud')",
            name=op.f("ck_order_hold_kind"),
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_hold_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_hold")),
    )
    op.create_index(
        "uq_order_hold_open",
        "order_hold",
        ["order_id", "kind", "reference"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "order_line",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("order_id", sa.Text(collation="C"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Text(collation="C"), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("unit_price", sa.Numeric(78, 0), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("handling_days", sa.Integer(), nullable=True),
        sa.Column("transit_days", sa.Integer(), nullable=True),
        sa.CheckConstraint("kind IN ('physical', 'digital')", name=op.f("ck_order_line_kind")),
        sa.CheckConstraint("quantity BETWEEN 1 AND 1000", name=op.f("ck_order_line_quantity")),
        sa.CheckConstraint("unit_price > 0", name=op.f("ck_order_line_unit_price")),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listing.id"], name=op.f("fk_order_line_listing_id")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_line_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_line")),
        sa.UniqueConstraint(
            "order_id", "listing_id", name=op.f("uq_order_line_order_id_listing_id")
        ),
        sa.UniqueConstraint("order_id", "position", name=op.f("uq_order_line_order_id_position")),
    )
    op.create_table(
        "order_status_history",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("order_id", sa.Text(collation="C"), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("from_status", sa.Text(), nullable=True),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(collation="C"), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "actor IN ('buyer', 'seller', 'chain', 'system', 'staff')",
            name=op.f("ck_order_status_history_actor"),
        ),
        sa.CheckConstraint(
            "from_status IN ('pending_payment', 'paid', 'processing', 'shipped', 'delivered', 'completed', 'cancelled', 'expired')",
            name=op.f("ck_order_status_history_from_status"),
        ),
        sa.CheckConstraint(
            "to_status IN ('pending_payment', 'paid', 'processing', 'shipped', 'delivered', 'completed', 'cancelled', 'expired')",
            name=op.f("ck_order_status_history_to_status"),
        ),
        sa.CheckConstraint(
            "(from_status IS NULL) = (sequence = 1)", name=op.f("ck_order_status_history_first")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_status_history_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_status_history")),
        sa.UniqueConstraint(
            "order_id", "sequence", name=op.f("uq_order_status_history_order_id_sequence")
        ),
    )
    op.create_index(
        "uq_order_status_history_completed",
        "order_status_history",
        ["order_id"],
        unique=True,
        postgresql_where=sa.text("to_status = 'completed' AND from_status <> 'completed'"),
    )
    op.create_table(
        "order_tracking_event",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("order_id", sa.Text(collation="C"), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_tracking_event_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_tracking_event")),
        sa.UniqueConstraint(
            "order_id",
            "carrier",
            "code",
            "status",
            "occurred_at",
            name="uq_order_tracking_event_once",
        ),
    )
    op.execute(_REQUIRE_PATH)
    op.execute(_KEEP_HISTORY)
    for trigger in _TRIGGERS:
        op.execute(trigger)


def downgrade() -> None:
    op.drop_table("order_tracking_event")
    op.drop_index(
        "uq_order_status_history_completed",
        table_name="order_status_history",
        postgresql_where=sa.text("to_status = 'completed' AND from_status <> 'completed'"),
    )
    op.drop_table("order_status_history")
    op.drop_table("order_line")
    op.drop_index(
        "uq_order_hold_open", table_name="order_hold", postgresql_where=sa.text("closed_at IS NULL")
    )
    op.drop_table("order_hold")
    op.drop_index("ix_orders_seller_newest", table_name="orders")
    op.drop_index("ix_orders_checkout_id", table_name="orders")
    op.drop_index("ix_orders_buyer_newest", table_name="orders")
    op.drop_table("orders")
    op.drop_table("cart_item")
    op.drop_table("checkout")
    op.drop_index("ix_cart_account_id", table_name="cart")
    op.drop_table("cart")
    op.execute("DROP FUNCTION keep_order_history()")
    op.execute("DROP FUNCTION require_order_history()")
