"""The rows that were there before get their clock and are checked, and indexes that know both rails
are built, beside the old ones where there are any, which 0018 takes away.

Others go on reading meanwhile, and writing but for the time in which an index is built.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"

_ATTEMPT, _LEG = "payment_attempt", "payment_attempt_leg"
_DUE, _PAID = "ix_payment_attempt_leg_due", "uq_payment_attempt_leg_paid"
_CHECKS = {
    "ledger_entry": ("flow",),
    "ledger_account": ("kind",),
    _ATTEMPT: ("clock", "on_a_chain", "method", "way"),
    _LEG: ("clock", "on_a_chain", "method", "back", "rail", "status"),
    "payment_effect": ("kind",),
    "refund_due": ("status",),
    "order_status_history": ("actor",),
}


def upgrade() -> None:
    for table in (_ATTEMPT, _LEG):
        rows = sa.table(table, sa.column("clock"), sa.column("chain_id"))
        clock = sa.func.concat("chain:", rows.c.chain_id)
        op.execute(rows.update().where(rows.c.clock.is_(None)).values(clock=clock))
    for table, names in _CHECKS.items():
        for name in names:
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_{name}")
    op.create_index(
        f"{_DUE}_new",
        _LEG,
        ["clock", "deadline"],
        postgresql_where=sa.text("status IN ('held', 'fulfilled', 'disputed')"),
    )
    op.create_index(
        f"{_PAID}_new",
        _LEG,
        ["order_id"],
        unique=True,
        postgresql_where=sa.text(
            "status IN ('held', 'fulfilled', 'disputed', 'released', 'refunded', 'split',"
            " 'charged_back') AND NOT duplicate"
        ),
    )
    op.create_index(
        "uq_payment_attempt_provider_reference",
        _ATTEMPT,
        ["provider_reference"],
        unique=True,
        postgresql_where=sa.text("provider_reference IS NOT NULL"),
    )
    op.create_index(
        "ix_payment_attempt_open",
        _ATTEMPT,
        ["clock", "updated_at"],
        postgresql_where=sa.text("closed_at IS NULL AND status NOT IN ('succeeded', 'orphaned')"),
    )


def downgrade() -> None:
    """Checks that were made stay made: 0016 and 0015 take them away as a whole."""
    op.drop_index("ix_payment_attempt_open", table_name=_ATTEMPT)
    op.drop_index("uq_payment_attempt_provider_reference", table_name=_ATTEMPT)
    for name in (_DUE, _PAID):
        op.drop_index(f"{name}_new", table_name=_LEG)
