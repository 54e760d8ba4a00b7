"""Money that comes back to the buyer after its release. Rows are checked by 0013."""

from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"

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


def _allow_flows(flows: str, *, not_valid: bool = False) -> None:
    name = op.f("ck_ledger_entry_flow")
    op.drop_constraint(name, "ledger_entry", type_="check")
    op.create_check_constraint(
        name, "ledger_entry", f"flow IN ({flows})", postgresql_not_valid=not_valid
    )


def _replace(*, money: str = "", breaks: str = "") -> None:
    op.execute("DROP VIEW order_money")
    op.execute(_ORDER_MONEY.format(reimbursed=money))
    op.execute(_BREAKS.format(reimbursed=breaks))


def upgrade() -> None:
    _allow_flows("'hold', 'release', 'refund', 'reimburse'", not_valid=True)
    _replace(money=_REIMBURSED, breaks=_REIMBURSED_WITHIN)


def downgrade() -> None:
    """Refused by the check while there is a reimbursement, which would be lost."""
    _replace()
    _allow_flows("'hold', 'release', 'refund'")
