"""Money that buyers got beyond what was theirs is shown, and the rows that were there before are
checked, while others read and write."""

from alembic import op

revision: str = "0029"
down_revision: str | None = "0028"

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


def upgrade() -> None:
    op.execute(_ORDER_MONEY.format(or_replace="OR REPLACE", lost=_LOST))
    op.execute(_NOTHING_LOST)
    op.execute("ALTER TABLE ledger_account VALIDATE CONSTRAINT ck_ledger_account_kind")
    op.execute("ALTER TABLE ledger_entry VALIDATE CONSTRAINT ck_ledger_entry_flow")


def downgrade() -> None:
    op.execute(_FORGET_IT)
    op.execute("DROP VIEW order_money")
    op.execute(_ORDER_MONEY.format(or_replace="", lost=""))
