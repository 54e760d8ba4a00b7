"""Money that a buyer's bank takes back, and what a seller has to give back. Rows are checked by
0017."""

from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"

# New columns come last: then the view can be replaced while others read it.
_ORDER_MONEY = """
CREATE OR REPLACE VIEW order_money AS
SELECT e.order_id, e.holder, a.asset,
    coalesce(sum(p.amount) FILTER (
        WHERE a.kind = 'escrow' AND e.flow = 'hold' AND p.stage = 'pending'), 0) AS pending,
    coalesce(sum(p.amount) FILTER (
        WHERE a.kind = 'escrow' AND e.flow = 'hold' AND p.stage = 'posted'), 0) AS held,
    coalesce(-sum(p.amount) FILTER (
        WHERE a.kind = 'escrow' AND e.flow = 'release' AND p.stage = 'posted'), 0) AS released,
    coalesce(-sum(p.amount) FILTER (
        WHERE a.kind = 'escrow' AND e.flow = 'refund' AND p.stage = 'posted'), 0) AS refunded,
    coalesce({reimbursed} FILTER (
        WHERE a.kind = {reimburser} AND e.flow = 'reimburse' AND p.stage = 'posted'), 0)
        AS reimbursed,
    coalesce(sum(p.amount) FILTER (
        WHERE a.kind = 'fees' AND p.stage = 'posted'), 0) AS fee{charged_back}
FROM ledger_entry e
JOIN ledger_posting p ON p.entry_id = e.id
JOIN ledger_account a ON a.id = p.account_id
GROUP BY e.order_id, e.holder, a.asset
"""
_CHARGED_BACK = """,
    coalesce(sum(p.amount) FILTER (
        WHERE a.kind = 'buyer' AND e.flow = 'charge_back' AND p.stage = 'posted'), 0)
        AS charged_back,
    coalesce(-sum(p.amount) FILTER (
        WHERE a.kind = 'escrow' AND e.flow = 'charge_back' AND p.stage = 'posted'), 0)
        AS charged_from_held"""

# The same rule as `payment_status` in the module's domain; a test compares the two.
_PAYMENT_STATUS = """
CREATE FUNCTION payment_status(
    due numeric, held numeric, released numeric, refunded numeric, charged_back numeric)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    CASE WHEN held > 0 AND charged_back > 0 THEN 'charged_back'
         ELSE payment_status(due, held, released, refunded) END
"""
_FLOWS = "'hold', 'release', 'refund', 'reimburse'"
_KINDS = "'buyer', 'escrow', 'seller', 'fees'"


def _allow(flows: str, kinds: str, *, not_valid: bool = False) -> None:
    for table, name, condition in (
        ("ledger_entry", "flow", f"flow IN ({flows})"),
        ("ledger_account", "kind", f"kind IN ({kinds})"),
    ):
        constraint = op.f(f"ck_{table}_{name}")
        op.drop_constraint(constraint, table, type_="check")
        op.create_check_constraint(constraint, table, condition, postgresql_not_valid=not_valid)


def upgrade() -> None:
    _allow(f"{_FLOWS}, 'recover', 'charge_back'", f"{_KINDS}, 'receivable'", not_valid=True)
    op.execute(
        _ORDER_MONEY.format(
            reimbursed="sum(p.amount)", reimburser="'buyer'", charged_back=_CHARGED_BACK
        )
    )
    op.execute(_PAYMENT_STATUS)


def downgrade() -> None:
    """Refused by the checks while there is what they would forbid."""
    op.execute("DROP FUNCTION payment_status(numeric, numeric, numeric, numeric, numeric)")
    op.execute("DROP VIEW order_money")
    op.execute(
        _ORDER_MONEY.format(reimbursed="-sum(p.amount)", reimburser="'seller'", charged_back="")
    )
    _allow(_FLOWS, _KINDS)
