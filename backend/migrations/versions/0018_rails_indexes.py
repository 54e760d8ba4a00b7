"""Every row has a clock, and the indexes that know both rails take the place of the old ones.

This keeps everybody from the tables for a moment, which is why it has a transaction of its own: who
already holds a lighter lock, as 0017 does, and asks for this one meets others who do the same.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"

_ATTEMPT, _LEG = "payment_attempt", "payment_attempt_leg"
_DUE, _PAID = "ix_payment_attempt_leg_due", "uq_payment_attempt_leg_paid"


def upgrade() -> None:
    for table in (_ATTEMPT, _LEG):
        # The check was made by 0017, so that no row has to be read for this.
        op.alter_column(table, "clock", nullable=False)
        op.drop_constraint(op.f(f"ck_{table}_clock"), table, type_="check")
    for name in (_DUE, _PAID):
        op.drop_index(name, table_name=_LEG)
        op.execute(f"ALTER INDEX {name}_new RENAME TO {name}")


def downgrade() -> None:
    for name in (_DUE, _PAID):
        op.execute(f"ALTER INDEX {name} RENAME TO {name}_new")
    op.create_index(
        _DUE,
        _LEG,
        ["chain_id", "deadline"],
        postgresql_where=sa.text("status IN ('held', 'fulfilled', 'disputed')"),
    )
    op.create_index(
        _PAID,
        _LEG,
        ["order_id"],
        unique=True,
        postgresql_where=sa.text(
            "status IN ('held', 'fulfilled', 'disputed', 'released', 'refunded', 'split')"
            " AND NOT duplicate"
        ),
    )
    for table in (_ATTEMPT, _LEG):
        op.create_check_constraint(op.f(f"ck_{table}_clock"), table, "clock IS NOT NULL")
        op.alter_column(table, "clock", nullable=True)
