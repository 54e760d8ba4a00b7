"""What the standing check of the books found, and how far the rails were compared with them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0022"
down_revision: str | None = "0021"

# The rules of money that the ledger cannot judge by itself, because they are about what it, the
# orders, the legs and the chain's own records say of each other. What changed after `settled` may
# still be on its way from one to the other.
BREAKS = """
CREATE FUNCTION books_breaks(settled timestamptz)
RETURNS TABLE (rule text, subject text, detail text) LANGUAGE sql STABLE AS $$
    WITH standing AS (
        SELECT DISTINCT ON (o.effect_id) o.effect_id, e.leg_id, e.kind, o.id AS observation_id,
            o.stage, o.amount, o.to_buyer, o.to_seller, o.fee, o.evidence, o.observed_at
        FROM payment_effect e JOIN payment_observation o ON o.effect_id = e.id
        WHERE o.stage <> 'orphaned'
        ORDER BY o.effect_id, o.stage = 'reached' DESC, o.id DESC),
    counted AS (
        SELECT leg_id,
            coalesce(sum(amount) FILTER (WHERE kind = 'held'), 0) AS held,
            coalesce(sum(to_seller) FILTER (WHERE kind = 'settled'), 0) AS released,
            coalesce(sum(to_buyer) FILTER (WHERE kind = 'settled'), 0) AS refunded,
            coalesce(sum(fee) FILTER (WHERE kind = 'settled'), 0) AS fee,
            coalesce(sum(amount) FILTER (WHERE kind = 'reimbursed'), 0) AS reimbursed,
            bool_or(kind NOT IN ('held', 'fulfilled', 'disputed', 'settled', 'reimbursed'))
                AS beyond
        FROM standing WHERE stage = 'reached' GROUP BY leg_id),
    rebuilt AS (
        SELECT leg_id, held, released, refunded, fee,
            CASE WHEN released + refunded = held THEN reimbursed ELSE 0 END AS reimbursed,
            -- What moves more than there is waits for the facts that will explain it.
            beyond OR released + refunded > held OR reimbursed > released AS waits
        FROM counted WHERE held > 0)
    SELECT 'orders_complete_once', h.order_id, count(*)::text
    FROM order_status_history h
    WHERE h.to_status = 'completed' AND h.from_status <> 'completed'
    GROUP BY h.order_id HAVING count(*) > 1
    UNION ALL
    SELECT 'orders_stand_where_their_history_ends', o.id,
        o.status || ' ' || coalesce(last.to_status, 'nowhere')
    FROM orders o LEFT JOIN LATERAL (
        SELECT h.to_status FROM order_status_history h WHERE h.order_id = o.id
        ORDER BY h.sequence DESC LIMIT 1) AS last ON true
    WHERE o.status IS DISTINCT FROM last.to_status
    UNION ALL
    SELECT 'legs_equal_their_facts', leg.id,
        concat_ws(' ', leg.held, leg.released, leg.refunded, leg.reimbursed, leg.fee, 'by facts',
            r.held, r.released, r.refunded, r.reimbursed, r.fee)
    FROM payment_attempt_leg leg LEFT JOIN rebuilt r ON r.leg_id = leg.id
    WHERE r.waits IS NOT TRUE
      AND (leg.held, leg.released, leg.refunded, leg.reimbursed, leg.fee) IS DISTINCT FROM
          (coalesce(r.held, 0), coalesce(r.released, 0), coalesce(r.refunded, 0),
           coalesce(r.reimbursed, 0), coalesce(r.fee, 0))
    UNION ALL
    SELECT 'legs_equal_the_books', coalesce(leg.id, m.holder),
        concat_ws(' ', leg.held, leg.released, leg.refunded, leg.reimbursed, leg.fee, 'by books',
            m.held, m.released, m.refunded, m.reimbursed, m.fee)
    FROM payment_attempt_leg leg
    FULL JOIN order_money m ON m.holder = leg.id AND m.asset = leg.asset
    WHERE (coalesce(leg.held, 0), coalesce(leg.released, 0), coalesce(leg.refunded, 0),
           coalesce(leg.reimbursed, 0), coalesce(leg.fee, 0)) IS DISTINCT FROM
          (coalesce(m.held, 0), coalesce(m.released, 0), coalesce(m.refunded, 0),
           coalesce(m.reimbursed, 0), coalesce(m.fee, 0))
    UNION ALL
    SELECT 'logs_count_once', s.evidence ->> 'block_hash', s.evidence ->> 'log_index'
    FROM standing s WHERE s.evidence ? 'block_hash'
    GROUP BY s.evidence ->> 'chain_id', s.evidence ->> 'block_hash', s.evidence ->> 'log_index'
    HAVING count(*) > 1
    UNION ALL
    SELECT 'counted_facts_stand_on_the_chain', s.effect_id, s.observation_id
    FROM standing s LEFT JOIN chain_effect f ON f.id = s.effect_id
    WHERE s.stage = 'reached' AND s.evidence ? 'block_hash' AND s.observed_at < settled
      AND (f.id IS NULL OR f.updated_at < settled)
      AND (f.observation_id IS DISTINCT FROM s.observation_id OR f.level = 'included')
    UNION ALL
    SELECT 'facts_of_the_chain_are_counted', f.id, f.kind
    FROM chain_effect f
    JOIN payment_attempt_leg leg ON leg.chain_id = f.chain_id AND leg.contract = f.contract
        AND leg.escrow_id = f.escrow_id
    LEFT JOIN payment_observation o ON o.id = f.observation_id
    WHERE f.level <> 'included' AND f.updated_at < settled AND o.stage IS DISTINCT FROM 'reached'
    UNION ALL
    SELECT 'logs_are_facts', l.id, l.kind
    FROM chain_event l
    JOIN chain_block b ON b.chain_id = l.chain_id AND b.hash = l.block_hash AND b.canonical
    LEFT JOIN chain_effect f ON f.event_id = l.id
    WHERE l.kind IS NOT NULL AND f.id IS NULL
    UNION ALL
    SELECT 'facts_stand_in_canonical_blocks', f.id, b.hash
    FROM chain_effect f
    JOIN chain_event l ON l.id = f.event_id
    JOIN chain_block b ON b.chain_id = l.chain_id AND b.hash = l.block_hash
    WHERE NOT b.canonical
$$
"""


def upgrade() -> None:
    op.create_table(
        "books_check",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("assets", postgresql.JSONB(), nullable=False),
        sa.Column("breaks", postgresql.JSONB(), nullable=False),
        sa.Column("as_of", postgresql.JSONB(), nullable=False),
        sa.Column("compared", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_books_check")),
    )
    op.create_index("ix_books_check_checked_at", "books_check", ["checked_at"], unique=False)
    op.create_table(
        "reconciliation",
        sa.Column("place", sa.Text(collation="C"), nullable=False),
        sa.Column("compared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("whole_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("position_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=True),
        sa.Column("block_hash", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_reconciliation")),
    )
    op.create_table(
        "reconciliation_break",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("place", sa.Text(collation="C"), nullable=False),
        sa.Column("subject", sa.Text(collation="C"), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("class", sa.Text(), nullable=False),
        sa.Column("expected", sa.Text(), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("healed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("how", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "class IN ('missed_fact', 'projection_stale', 'money_missing', 'unknown')",
            name=op.f("ck_reconciliation_break_class"),
        ),
        sa.CheckConstraint(
            "(healed_at IS NULL) = (how IS NULL)", name=op.f("ck_reconciliation_break_healed")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation_break")),
    )
    op.create_index(
        "uq_reconciliation_break_open",
        "reconciliation_break",
        ["place", "subject", "rule"],
        unique=True,
        postgresql_where=sa.text("healed_at IS NULL"),
    )
    op.create_index(
        "ix_payment_attempt_leg_updated_at", "payment_attempt_leg", ["updated_at"], unique=False
    )
    op.create_index(
        "ix_payment_attempt_status_updated_at",
        "payment_attempt",
        ["status", "updated_at"],
        unique=False,
    )
    op.execute(BREAKS)


def downgrade() -> None:
    op.execute("DROP FUNCTION books_breaks(timestamptz)")
    op.drop_index("ix_payment_attempt_status_updated_at", table_name="payment_attempt")
    op.drop_index("ix_payment_attempt_leg_updated_at", table_name="payment_attempt_leg")
    op.drop_index(
        "uq_reconciliation_break_open",
        table_name="reconciliation_break",
        postgresql_where=sa.text("healed_at IS NULL"),
    )
    op.drop_table("reconciliation_break")
    op.drop_table("reconciliation")
    op.drop_index("ix_books_check_checked_at", table_name="books_check")
    op.drop_table("books_check")
