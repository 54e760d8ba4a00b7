"""The rows that were there before are checked, and indexes that know disputes are built beside the
old ones, which 0014 takes away.

Others go on reading meanwhile, and writing but for the time in which an index is built.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"

_LEG = "payment_attempt_leg"
_DUE, _PAID = "ix_payment_attempt_leg_due", "uq_payment_attempt_leg_paid"
_CHECKS = (
    ("ledger_entry", "ck_ledger_entry_flow"),
    (_LEG, "ck_payment_attempt_leg_reimbursed"),
    (_LEG, "ck_payment_attempt_leg_status"),
    ("payment_effect", "ck_payment_effect_kind"),
)


def upgrade() -> None:
    for table, name in _CHECKS:
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
    op.create_index(
        f"{_DUE}_new",
        _LEG,
        ["chain_id", "deadline"],
        postgresql_where=sa.text("status IN ('held', 'fulfilled', 'disputed')"),
    )
    op.create_index(
        f"{_PAID}_new",
        _LEG,
        ["order_id"],
        unique=True,
        postgresql_where=sa.text(
            "status IN ('held', 'fulfilled', 'disputed', 'released', 'refunded', 'split')"
            " AND NOT duplicate"
        ),
    )


def downgrade() -> None:
    """Checks that were made stay made: 0012 and 0011 take them away as a whole."""
    for name in (_DUE, _PAID):
        op.drop_index(f"{name}_new", table_name=_LEG)
