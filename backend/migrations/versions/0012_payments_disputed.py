"""Disputes, and what came back of a leg after its release."""

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"

_LEG, _DUE = "payment_attempt_leg", "ix_payment_attempt_leg_due"

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
    op.execute(_ORDER_PAYMENT_STATUS.format(reimbursed=" + money.reimbursed"))


def downgrade() -> None:
    """Refused by the checks while there is a dispute or a reimbursement that would be lost."""
    op.execute(_ORDER_PAYMENT_STATUS.format(reimbursed=""))
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
