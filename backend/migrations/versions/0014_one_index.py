"""The indexes that know disputes take the place of the old ones.

This keeps everybody from the table for a moment, which is why it has a transaction of its own: who
already holds a lighter lock, as 0013 does, and asks for this one meets others who do the same.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"

_LEG = "payment_attempt_leg"
_DUE, _PAID = "ix_payment_attempt_leg_due", "uq_payment_attempt_leg_paid"


def upgrade() -> None:
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
        postgresql_where=sa.text("status IN ('held', 'fulfilled')"),
    )
    op.create_index(
        _PAID,
        _LEG,
        ["order_id"],
        unique=True,
        postgresql_where=sa.text(
            "status IN ('held', 'fulfilled', 'released', 'refunded', 'split') AND NOT duplicate"
        ),
    )
