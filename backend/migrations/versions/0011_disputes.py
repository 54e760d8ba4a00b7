"""Disputes, and money that comes back after its release."""

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"

_LEG, _DUE = "payment_attempt_leg", "ix_payment_attempt_leg_due"

_ORDER_MONEY = """
CREATE VIEW order_money AS
SELECT e.order_id, e.holder, a.asset,
    coalesce(sum(p.amount) FILTER (
        WHERE a.kind = 'escrow' AND e.flow = 'hold' AND p.stage = 'pending'), 0) AS pending,
    coalesce(sum(p.amount) FILTER (
        WHERE a.kind = 'escrow' AND e.flow = 'hold' AND p.stage = 'posted'), 0) AS held,
    coalesce(-sum(p.amount) FILTER (
        WHERE a.kind = 'escrow' AND e.flow = 'release' AND p.stage = 'posted'), 0) AS released,
    coalesce(-sum(p.amount) FILTER (
        WHERE a.kind = 'escrow' AND e.flow = 'refund' AND p.stage = 'posted'), 0) AS refunded,
    {reimbursed}coalesce(sum(p.amount) FILTER (
        WHERE a.kind = 'fees' AND p.stage = 'posted'), 0) AS fee
FROM ledger_entry e
JOIN ledger_posting p ON p.entry_id = e.id
JOIN ledger_account a ON a.id = p.account_id
GROUP BY e.order_id, e.holder, a.asset
"""
_REIMBURSED = """coalesce(-sum(p.amount) FILTER (
        WHERE a.kind = 'seller' AND e.flow = 'reimburse' AND p.stage = 'posted'), 0) AS reimbursed,
    """

_ORDER_PAYMENT_STATUS = """
CREATE OR REPLACE FUNCTION order_payment_status(wanted text)
RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce((
        SELECT payment_status(leg.amount, money.held, money.released, money.refunded{reimbursed})
        FROM payment_attempt_leg leg
        JOIN order_money money
          ON money.order_id = leg.order_id AND money.holder = leg.id AND money.asset = leg.asset
        WHERE leg.order_id = wanted AND NOT leg.duplicate
        ORDER BY money.held DESC, leg.id DESC LIMIT 1), 'unpaid')
$$
"""

_BREAKS = """
CREATE OR REPLACE FUNCTION ledger_breaks() RETURNS TABLE (rule text, subject text, detail text)
LANGUAGE sql STABLE AS $$
    SELECT 'assets_sum_to_zero', a.asset || ' ' || p.stage, sum(p.amount)::text
    FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
    GROUP BY a.asset, p.stage HAVING sum(p.amount) <> 0
    UNION ALL
    SELECT 'entries_sum_to_zero', p.entry_id, sum(p.amount)::text
    FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
    GROUP BY p.entry_id, p.stage, a.asset HAVING sum(p.amount) <> 0
    UNION ALL
    SELECT 'escrow_covers_what_left', a.owner, sum(p.amount)::text
    FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
    WHERE a.kind = 'escrow'
    GROUP BY a.owner, a.asset
    HAVING sum(p.amount) < 0 OR sum(p.amount) FILTER (WHERE p.stage = 'posted') < 0
    {reimbursed}UNION ALL
    SELECT 'mirrors_match', m.id, p.stage || ' ' || sum(p.amount)::text
    FROM ledger_entry m JOIN ledger_posting p ON p.entry_id IN (m.id, m.reverses_id)
    WHERE m.reverses_id IS NOT NULL
    GROUP BY m.id, p.account_id, p.stage HAVING sum(p.amount) <> 0
    UNION ALL
    SELECT 'booked_once', e.effect_reference, e.flow || ' ' || count(*)::text
    FROM ledger_entry e
    WHERE e.reverses_id IS NULL
      AND NOT EXISTS (SELECT FROM ledger_entry m WHERE m.reverses_id = e.id)
    GROUP BY e.effect_reference, e.flow HAVING count(*) > 1
$$
"""
_REIMBURSED_WITHIN = """UNION ALL
    SELECT 'release_covers_what_was_reimbursed', holder, (reimbursed - released)::text
    FROM order_money WHERE reimbursed > released
    """


def _allow(table: str, name: str, condition: str) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)


def _index_due(statuses: str) -> None:
    op.drop_index(_DUE, table_name=_LEG)
    op.create_index(
        _DUE, _LEG, ["chain_id", "deadline"], postgresql_where=sa.text(f"status IN ({statuses})")
    )


def _index_paid(statuses: str) -> None:
    name = "uq_payment_attempt_leg_paid"
    op.drop_index(name, table_name=_LEG)
    where = sa.text(f"status IN ({statuses}) AND NOT duplicate")
    op.create_index(name, _LEG, ["order_id"], unique=True, postgresql_where=where)


def _replace_sql(*, money: str = "", status: str = "", breaks: str = "") -> None:
    op.execute("DROP VIEW order_money")
    op.execute(_ORDER_MONEY.format(reimbursed=money))
    op.execute(_ORDER_PAYMENT_STATUS.format(reimbursed=status))
    op.execute(_BREAKS.format(reimbursed=breaks))


def upgrade() -> None:
    op.add_column(
        _LEG, sa.Column("reimbursed", sa.Numeric(78, 0), nullable=False, server_default="0")
    )
    op.alter_column(_LEG, "reimbursed", server_default=None)
    op.create_check_constraint(op.f(f"ck_{_LEG}_reimbursed"), _LEG, "reimbursed <= released")
    _allow(
        _LEG,
        "status",
        "status IN ('awaiting', 'seen', 'held', 'fulfilled', 'disputed', 'released', 'refunded',"
        " 'split', 'orphaned')",
    )
    _index_due("'held', 'fulfilled', 'disputed'")
    _index_paid("'held', 'fulfilled', 'disputed', 'released', 'refunded', 'split'")
    _allow(
        "payment_effect",
        "kind",
        "kind IN ('held', 'fulfilled', 'disputed', 'settled', 'reimbursed')",
    )
    _allow("ledger_entry", "flow", "flow IN ('hold', 'release', 'refund', 'reimburse')")
    _replace_sql(money=_REIMBURSED, status=" + money.reimbursed", breaks=_REIMBURSED_WITHIN)


def downgrade() -> None:
    """Refused by the checks while there is a dispute or a reimbursement that would be lost."""
    _replace_sql()
    _allow("ledger_entry", "flow", "flow IN ('hold', 'release', 'refund')")
    _allow("payment_effect", "kind", "kind IN ('held', 'fulfilled', 'settled')")
    _index_paid("'held', 'fulfilled', 'released', 'refunded', 'split'")
    _index_due("'held', 'fulfilled'")
    _allow(
        _LEG,
        "status",
        "status IN ('awaiting', 'seen', 'held', 'fulfilled', 'released', 'refunded', 'split',"
        " 'orphaned')",
    )
    op.drop_constraint(op.f(f"ck_{_LEG}_reimbursed"), _LEG, type_="check")
    op.drop_column(_LEG, "reimbursed")
