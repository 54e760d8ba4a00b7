"""Disputes, and what came back of a leg after its release. Rows are checked, and indexes built, by
0013: whatever reads a whole table must not do so while everybody else is kept from it."""

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"

_LEG = "payment_attempt_leg"

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


def _allow(table: str, name: str, condition: str, *, not_valid: bool = False) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
    op.create_check_constraint(
        op.f(f"ck_{table}_{name}"), table, condition, postgresql_not_valid=not_valid
    )


def upgrade() -> None:
    # The default stays: code from before this column may still write while a release rolls out.
    op.add_column(
        _LEG, sa.Column("reimbursed", sa.Numeric(78, 0), nullable=False, server_default="0")
    )
    op.create_check_constraint(
        op.f(f"ck_{_LEG}_reimbursed"), _LEG, "reimbursed <= released", postgresql_not_valid=True
    )
    _allow(
        _LEG,
        "status",
        "status IN ('awaiting', 'seen', 'held', 'fulfilled', 'disputed', 'released', 'refunded',"
        " 'split', 'orphaned')",
        not_valid=True,
    )
    _allow(
        "payment_effect",
        "kind",
        "kind IN ('held', 'fulfilled', 'disputed', 'settled', 'reimbursed')",
        not_valid=True,
    )
    op.execute(_ORDER_PAYMENT_STATUS.format(reimbursed=" + money.reimbursed"))


def downgrade() -> None:
    """Refused by the checks while there is a dispute or a reimbursement that would be lost."""
    op.execute(_ORDER_PAYMENT_STATUS.format(reimbursed=""))
    _allow("payment_effect", "kind", "kind IN ('held', 'fulfilled', 'settled')")
    _allow(
        _LEG,
        "status",
        "status IN ('awaiting', 'seen', 'held', 'fulfilled', 'released', 'refunded', 'split',"
        " 'orphaned')",
    )
    op.drop_constraint(op.f(f"ck_{_LEG}_reimbursed"), _LEG, type_="check")
    op.drop_column(_LEG, "reimbursed")
