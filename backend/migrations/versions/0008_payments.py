"""Tables of payments."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0008"
down_revision: str | None = "0007"

# What the books say about an order, by the leg that counts: a payment made twice is owed back and
# changes nothing about the order itself.
ORDER_PAYMENT_STATUS = """
CREATE FUNCTION order_payment_status(wanted text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce((
        SELECT payment_status(leg.amount, money.held, money.released, money.refunded)
        FROM payment_attempt_leg leg
        JOIN order_money money
          ON money.order_id = leg.order_id AND money.holder = leg.id AND money.asset = leg.asset
        WHERE leg.order_id = wanted AND NOT leg.duplicate
        ORDER BY money.held DESC, leg.id DESC LIMIT 1), 'unpaid')
$$
"""


def upgrade() -> None:
    op.create_table(
        "payment",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("checkout_id", sa.Text(collation="C"), nullable=False),
        sa.Column("buyer_id", sa.Text(collation="C"), nullable=False),
        sa.Column("amount", sa.Numeric(78, 0), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("closed_reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('PENDING', 'PROCESSING', 'COMPLETED', 'FAILED', 'CANCELLED', 'REFUNDED', 'PARTIALLY_REFUNDED')",
            name=op.f("ck_payment_status"),
        ),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_payment_amount")),
        sa.ForeignKeyConstraint(["buyer_id"], ["account.id"], name=op.f("fk_payment_buyer_id")),
        sa.ForeignKeyConstraint(
            ["checkout_id"], ["checkout.id"], name=op.f("fk_payment_checkout_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("checkout_id", name=op.f("uq_payment_checkout_id")),
    )
    op.create_index("ix_payment_buyer_id_id", "payment", ["buyer_id", "id"], unique=False)
    op.create_index("ix_payment_status_id", "payment", ["status", "id"], unique=False)
    op.create_table(
        "payment_attempt",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("payment_id", sa.Text(collation="C"), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("request_key", sa.Text(collation="C"), nullable=True),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("contract", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("payer_wallet", sa.Text(), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("asset_exponent", sa.SmallInteger(), nullable=False),
        sa.Column("asset_symbol", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(78, 0), nullable=False),
        sa.Column("usd_amount", sa.Numeric(78, 0), nullable=False),
        sa.Column("rate_amount", sa.Numeric(78, 0), nullable=False),
        sa.Column("rate_exponent", sa.SmallInteger(), nullable=False),
        sa.Column("rate_source", sa.Text(), nullable=False),
        sa.Column("spread_bps", sa.Integer(), nullable=False),
        sa.Column("quote_issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("quote_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pay_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("transaction_hash", sa.Text(), nullable=True),
        sa.Column("failure_reason", sa.Text(), nullable=True),
        sa.Column("route_explanation", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("method IN ('ESCROW')", name=op.f("ck_payment_attempt_method")),
        sa.CheckConstraint(
            "status IN ('created', 'awaiting_payer', 'submitted', 'confirming', 'succeeded', 'failed', 'unknown', 'replaced', 'orphaned', 'expired', 'cancelled')",
            name=op.f("ck_payment_attempt_status"),
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payment_attempt_amount")),
        sa.CheckConstraint("pay_by <= quote_expires_at", name=op.f("ck_payment_attempt_pay_by")),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_payment_attempt_payment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_attempt")),
        sa.UniqueConstraint(
            "payment_id", "number", name=op.f("uq_payment_attempt_payment_id_number")
        ),
        sa.UniqueConstraint("request_key", name=op.f("uq_payment_attempt_request_key")),
    )
    op.create_index(
        "ix_payment_attempt_transaction_hash",
        "payment_attempt",
        ["transaction_hash"],
        unique=False,
        postgresql_where=sa.text("transaction_hash IS NOT NULL"),
    )
    op.create_table(
        "payment_attempt_history",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("attempt_id", sa.Text(collation="C"), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("from_status", sa.Text(), nullable=True),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["payment_attempt.id"],
            name=op.f("fk_payment_attempt_history_attempt_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_attempt_history")),
        sa.UniqueConstraint(
            "attempt_id", "sequence", name=op.f("uq_payment_attempt_history_attempt_id_sequence")
        ),
    )
    op.create_table(
        "payment_attempt_leg",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("payment_id", sa.Text(collation="C"), nullable=False),
        sa.Column("attempt_id", sa.Text(collation="C"), nullable=False),
        sa.Column("order_id", sa.Text(collation="C"), nullable=False),
        sa.Column("seller_id", sa.Text(collation="C"), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("external_reference", sa.Text(), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("contract", sa.Text(), nullable=False),
        sa.Column("escrow_id", sa.Text(collation="C"), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("asset_exponent", sa.SmallInteger(), nullable=False),
        sa.Column("asset_symbol", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(78, 0), nullable=False),
        sa.Column("usd_amount", sa.Numeric(78, 0), nullable=False),
        sa.Column("buyer_wallet", sa.Text(), nullable=False),
        sa.Column("seller_wallet", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("arbiter", sa.Text(), nullable=False),
        sa.Column("fee_to", sa.Text(), nullable=False),
        sa.Column("fee_bps", sa.Integer(), nullable=False),
        sa.Column("silent_bps", sa.Integer(), nullable=False),
        sa.Column("pay_by", sa.BigInteger(), nullable=False),
        sa.Column("fulfil_by", sa.BigInteger(), nullable=False),
        sa.Column("window_seconds", sa.BigInteger(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("held", sa.Numeric(78, 0), nullable=False),
        sa.Column("released", sa.Numeric(78, 0), nullable=False),
        sa.Column("refunded", sa.Numeric(78, 0), nullable=False),
        sa.Column("fee", sa.Numeric(78, 0), nullable=False),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("duplicate", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("method IN ('ESCROW')", name=op.f("ck_payment_attempt_leg_method")),
        sa.CheckConstraint(
            "status IN ('awaiting', 'seen', 'held', 'fulfilled', 'released', 'refunded', 'split', 'orphaned')",
            name=op.f("ck_payment_attempt_leg_status"),
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payment_attempt_leg_amount")),
        sa.CheckConstraint(
            "released + refunded <= held", name=op.f("ck_payment_attempt_leg_moved")
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["payment_attempt.id"], name=op.f("fk_payment_attempt_leg_attempt_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_payment_attempt_leg_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_payment_attempt_leg_payment_id")
        ),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["seller.id"], name=op.f("fk_payment_attempt_leg_seller_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_attempt_leg")),
        sa.UniqueConstraint(
            "attempt_id", "order_id", name=op.f("uq_payment_attempt_leg_attempt_id_order_id")
        ),
        sa.UniqueConstraint(
            "chain_id",
            "contract",
            "escrow_id",
            name=op.f("uq_payment_attempt_leg_chain_id_contract_escrow_id"),
        ),
        sa.UniqueConstraint(
            "external_reference", name=op.f("uq_payment_attempt_leg_external_reference")
        ),
    )
    op.create_index(
        "ix_payment_attempt_leg_due",
        "payment_attempt_leg",
        ["chain_id", "deadline"],
        unique=False,
        postgresql_where=sa.text("status IN ('held', 'fulfilled')"),
    )
    op.create_index(
        "ix_payment_attempt_leg_order_id", "payment_attempt_leg", ["order_id"], unique=False
    )
    op.create_index(
        "ix_payment_attempt_leg_payment_id", "payment_attempt_leg", ["payment_id"], unique=False
    )
    op.create_index(
        "uq_payment_attempt_leg_paid",
        "payment_attempt_leg",
        ["order_id"],
        unique=True,
        postgresql_where=sa.text(
            "status IN ('held', 'fulfilled', 'released', 'refunded', 'split') AND NOT duplicate"
        ),
    )
    op.create_table(
        "payment_effect",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("leg_id", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("bookings", sa.Integer(), nullable=False),
        sa.Column("booked_observation", sa.Text(collation="C"), nullable=True),
        sa.Column("booked_stage", sa.Text(), nullable=True),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("frozen", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "booked_stage IN ('pending', 'posted')", name=op.f("ck_payment_effect_booked_stage")
        ),
        sa.CheckConstraint(
            "kind IN ('held', 'fulfilled', 'settled')", name=op.f("ck_payment_effect_kind")
        ),
        sa.ForeignKeyConstraint(
            ["leg_id"], ["payment_attempt_leg.id"], name=op.f("fk_payment_effect_leg_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_effect")),
    )
    op.create_index("ix_payment_effect_leg_id", "payment_effect", ["leg_id"], unique=False)
    op.create_table(
        "refund_due",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("leg_id", sa.Text(collation="C"), nullable=False),
        sa.Column("order_id", sa.Text(collation="C"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(78, 0), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "reason IN ('duplicate_payment', 'order_expired', 'order_cancelled')",
            name=op.f("ck_refund_due_reason"),
        ),
        sa.CheckConstraint(
            "status IN ('awaiting_seller', 'done', 'void')", name=op.f("ck_refund_due_status")
        ),
        sa.ForeignKeyConstraint(
            ["leg_id"], ["payment_attempt_leg.id"], name=op.f("fk_refund_due_leg_id")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_refund_due_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_due")),
        sa.UniqueConstraint("leg_id", name=op.f("uq_refund_due_leg_id")),
    )
    op.create_index("ix_refund_due_order_id", "refund_due", ["order_id"], unique=False)
    op.create_table(
        "terms_document",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("leg_id", sa.Text(collation="C"), nullable=False),
        sa.Column("order_id", sa.Text(collation="C"), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["leg_id"], ["payment_attempt_leg.id"], name=op.f("fk_terms_document_leg_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_terms_document_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terms_document")),
        sa.UniqueConstraint("leg_id", name=op.f("uq_terms_document_leg_id")),
        sa.UniqueConstraint("ref", name=op.f("uq_terms_document_ref")),
    )
    op.create_index(
        op.f("ix_terms_document_order_id"), "terms_document", ["order_id"], unique=False
    )
    op.create_table(
        "payment_observation",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("effect_id", sa.Text(collation="C"), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(78, 0), nullable=False),
        sa.Column("to_buyer", sa.Numeric(78, 0), nullable=False),
        sa.Column("to_seller", sa.Numeric(78, 0), nullable=False),
        sa.Column("fee", sa.Numeric(78, 0), nullable=False),
        sa.Column("deadline", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("evidence", postgresql.JSONB(), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "stage IN ('seen', 'reached', 'orphaned')", name=op.f("ck_payment_observation_stage")
        ),
        sa.ForeignKeyConstraint(
            ["effect_id"], ["payment_effect.id"], name=op.f("fk_payment_observation_effect_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_observation")),
    )
    op.create_index(
        "ix_payment_observation_effect_id", "payment_observation", ["effect_id"], unique=False
    )
    op.execute(ORDER_PAYMENT_STATUS)


def downgrade() -> None:
    op.execute("DROP FUNCTION order_payment_status(text)")
    op.drop_index("ix_payment_observation_effect_id", table_name="payment_observation")
    op.drop_table("payment_observation")
    op.drop_index(op.f("ix_terms_document_order_id"), table_name="terms_document")
    op.drop_table("terms_document")
    op.drop_index("ix_refund_due_order_id", table_name="refund_due")
    op.drop_table("refund_due")
    op.drop_index("ix_payment_effect_leg_id", table_name="payment_effect")
    op.drop_table("payment_effect")
    op.drop_index(
        "uq_payment_attempt_leg_paid",
        table_name="payment_attempt_leg",
        postgresql_where=sa.text(
            "status IN ('held', 'fulfilled', 'released', 'refunded', 'split') AND NOT duplicate"
        ),
    )
    op.drop_index("ix_payment_attempt_leg_payment_id", table_name="payment_attempt_leg")
    op.drop_index("ix_payment_attempt_leg_order_id", table_name="payment_attempt_leg")
    op.drop_index(
        "ix_payment_attempt_leg_due",
        table_name="payment_attempt_leg",
        postgresql_where=sa.text("status IN ('held', 'fulfilled')"),
    )
    op.drop_table("payment_attempt_leg")
    op.drop_table("payment_attempt_history")
    op.drop_index(
        "ix_payment_attempt_transaction_hash",
        table_name="payment_attempt",
        postgresql_where=sa.text("transaction_hash IS NOT NULL"),
    )
    op.drop_table("payment_attempt")
    op.drop_index("ix_payment_status_id", table_name="payment")
    op.drop_index("ix_payment_buyer_id_id", table_name="payment")
    op.drop_table("payment")
