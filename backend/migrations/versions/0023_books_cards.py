"""The books learn what buyers' banks took, and the rails of money that is no leg's and of movements
that were not carried out."""

import sqlalchemy as sa
from alembic import op

revision: str = "0023"
down_revision: str | None = "0022"

_FIGURES = ("held", "released", "refunded", "reimbursed", "fee")
_CLASSES = "'missed_fact', 'projection_stale', 'money_missing', 'unknown'"

# The function of 0022 but for what it makes of facts that come from buyers' banks alone: it used to
# leave a leg with one of them out.
_BREAKS = """
CREATE OR REPLACE FUNCTION books_breaks(settled timestamptz)
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
            {counted}
        FROM standing WHERE stage = 'reached' GROUP BY leg_id),
    rebuilt AS (
        SELECT leg_id, held, released, refunded, fee,
            {rebuilt} AS waits
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
        concat_ws(' ', {leg}, 'by facts', {facts})
    FROM payment_attempt_leg leg LEFT JOIN rebuilt r ON r.leg_id = leg.id
    WHERE r.waits IS NOT TRUE
      AND ({leg}) IS DISTINCT FROM ({facts_or_none})
    UNION ALL
    SELECT 'legs_equal_the_books', coalesce(leg.id, m.holder),
        concat_ws(' ', {leg}, 'by books', {books})
    FROM payment_attempt_leg leg
    FULL JOIN order_money m ON m.holder = leg.id AND m.asset = leg.asset
    WHERE ({leg_or_none}) IS DISTINCT FROM ({books_or_none})
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
_BEYOND = """bool_or(kind NOT IN ('held', 'fulfilled', 'disputed', 'settled', 'reimbursed'))
                AS beyond"""
_CHARGED_BACK = """coalesce(sum(amount) FILTER (WHERE kind = 'charged_back'), 0)
                AS charged_back"""
_REBUILT_WITHOUT = """
            CASE WHEN released + refunded = held THEN reimbursed ELSE 0 END AS reimbursed,
            -- What moves more than there is waits for the facts that will explain it.
            beyond OR released + refunded > held OR reimbursed > released"""
# The bank takes what is held first; only when nothing is held any more has the seller something to
# give back.
_REBUILT = """charged_back,
            CASE WHEN released + refunded + charged_back >= held THEN reimbursed ELSE 0 END
                AS reimbursed,
            -- What moves more than there is waits for the facts that will explain it.
            released + refunded > held OR refunded + charged_back > held
                OR reimbursed > least(released, held - refunded - charged_back)"""

# Looks from before this said nothing of it, and there was nothing.
_NOTHING_CHARGED_BACK = """
UPDATE books_check SET assets = (
    SELECT coalesce(jsonb_agg(asset || jsonb_build_object('charged_back', money_json(
        0, asset ->> 'asset', (asset -> 'held' ->> 'exponent')::integer)) ORDER BY position), '[]')
    FROM jsonb_array_elements(assets) WITH ORDINALITY AS each(asset, position))
"""
_FORGET_IT = """
UPDATE books_check SET assets = (
    SELECT coalesce(jsonb_agg(asset - 'charged_back' ORDER BY position), '[]')
    FROM jsonb_array_elements(assets) WITH ORDINALITY AS each(asset, position))
"""


def _breaks(counted: str, rebuilt: str, *figures: str) -> str:
    def of(table: str) -> str:
        return ", ".join(f"{table}.{figure}" for figure in figures)

    def or_none(table: str) -> str:
        return ", ".join(f"coalesce({table}.{figure}, 0)" for figure in figures)

    return _BREAKS.format(
        counted=counted,
        rebuilt=rebuilt,
        leg=of("leg"),
        leg_or_none=or_none("leg"),
        facts=of("r"),
        facts_or_none=or_none("r"),
        books=of("m"),
        books_or_none=or_none("m"),
    )


def _allow(classes: str) -> None:
    name, table = op.f("ck_reconciliation_break_class"), "reconciliation_break"
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, f"class IN ({classes})")


def upgrade() -> None:
    _allow(f"{_CLASSES}, 'undone'")
    op.create_index(
        "ix_payment_instruction_refused",
        "payment_instruction",
        ["leg_id"],
        postgresql_where=sa.text("status = 'refused'"),
    )
    op.execute(_NOTHING_CHARGED_BACK)
    op.execute(_breaks(_CHARGED_BACK, _REBUILT, *_FIGURES, "charged_back"))


def downgrade() -> None:
    """Breaks of movements that were not carried out are found anew by a version that knows them."""
    op.execute(_breaks(_BEYOND, _REBUILT_WITHOUT, *_FIGURES))
    op.execute(_FORGET_IT)
    op.drop_index("ix_payment_instruction_refused", table_name="payment_instruction")
    op.execute("DELETE FROM reconciliation_break WHERE class = 'undone'")
    _allow(_CLASSES)
