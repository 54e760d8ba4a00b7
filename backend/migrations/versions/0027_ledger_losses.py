"""Money that buyers got beyond what was theirs: the books name whose loss it is."""

from alembic import op

revision: str = "0027"
down_revision: str | None = "0026"

_KINDS = "'buyer', 'escrow', 'seller', 'fees', 'receivable'"
_FLOWS = "'hold', 'release', 'refund', 'reimburse', 'recover', 'charge_back'"

# The view of 0015, with one more column at its end.
_ORDER_MONEY = """
CREATE {or_replace} VIEW order_money AS
SELECT e.order_id, e.holder, a.asset,
    coalesce(sum(p.amount) FILTER (
        WHERE a.kind = 'escrow' AND e.flow = 'hold' AND p.stage = 'pending'), 0) AS pending,
    coalesce(sum(p.amount) FILTER (
        WHERE a.kind = 'escrow' AND e.flow = 'hold' AND p.stage = 'posted'), 0) AS held,
    coalesce(-sum(p.amount) FILTER (
        WHERE a.kind = 'escrow' AND e.flow = 'release' AND p.stage = 'posted'), 0) AS released,
    coalesce(-sum(p.amount) FILTER (
        WHERE a.kind = 'escrow' AND e.flow = 'refund' AND p.stage = 'posted'), 0) AS refunded,
    coalesce(sum(p.amount) FILTER (
        WHERE a.kind = 'buyer' AND e.flow = 'reimburse' AND p.stage = 'posted'), 0)
        AS reimbursed,
    coalesce(sum(p.amount) FILTER (
        WHERE a.kind = 'fees' AND p.stage = 'posted'), 0) AS fee,
    coalesce(sum(p.amount) FILTER (
        WHERE a.kind = 'buyer' AND e.flow = 'charge_back' AND p.stage = 'posted'), 0)
        AS charged_back,
    coalesce(-sum(p.amount) FILTER (
        WHERE a.kind = 'escrow' AND e.flow = 'charge_back' AND p.stage = 'posted'), 0)
        AS charged_from_held{lost}
FROM ledger_entry e
JOIN ledger_posting p ON p.entry_id = e.id
JOIN ledger_account a ON a.id = p.account_id
GROUP BY e.order_id, e.holder, a.asset
"""
_LOST = """,
    coalesce(-sum(p.amount) FILTER (WHERE a.kind = 'losses' AND p.stage = 'posted'), 0) AS lost"""
# Looks from before this said nothing of it, and there was nothing.
_NOTHING_LOST = """
UPDATE books_check SET assets = (
    SELECT coalesce(jsonb_agg(asset || jsonb_build_object('lost', money_json(
        0, asset ->> 'asset', (asset -> 'held' ->> 'exponent')::integer)) ORDER BY position), '[]')
    FROM jsonb_array_elements(assets) WITH ORDINALITY AS each(asset, position))
"""
_FORGET_IT = """
UPDATE books_check SET assets = (
    SELECT coalesce(jsonb_agg(asset - 'lost' ORDER BY position), '[]')
    FROM jsonb_array_elements(assets) WITH ORDINALITY AS each(asset, position))
"""


def _allow(flows: str, kinds: str) -> None:
    for table, name, condition in (
        ("ledger_entry", "flow", f"flow IN ({flows})"),
        ("ledger_account", "kind", f"kind IN ({kinds})"),
    ):
        constraint = op.f(f"ck_{table}_{name}")
        op.drop_constraint(constraint, table, type_="check")
        op.create_check_constraint(constraint, table, condition, postgresql_not_valid=True)


def upgrade() -> None:
    _allow(f"{_FLOWS}, 'lose'", f"{_KINDS}, 'losses'")
    op.execute(_ORDER_MONEY.format(or_replace="OR REPLACE", lost=_LOST))
    op.execute(_NOTHING_LOST)


def downgrade() -> None:
    """Refused by the checks while there is what they would forbid."""
    op.execute(_FORGET_IT)
    op.execute("DROP VIEW order_money")
    op.execute(_ORDER_MONEY.format(or_replace="", lost=""))
    _allow(_FLOWS, _KINDS)
