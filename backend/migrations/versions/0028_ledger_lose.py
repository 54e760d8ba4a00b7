"""Entries of what was lost. Rows are checked by 0029."""

from alembic import op

revision: str = "0028"
down_revision: str | None = "0027"

_FLOWS = "'hold', 'release', 'refund', 'reimburse', 'recover', 'charge_back'"


def _allow(flows: str, *, not_valid: bool = False) -> None:
    name, table = op.f("ck_ledger_entry_flow"), "ledger_entry"
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, f"flow IN ({flows})", postgresql_not_valid=not_valid)


def upgrade() -> None:
    _allow(f"{_FLOWS}, 'lose'", not_valid=True)


def downgrade() -> None:
    """Refused by the check while there is such an entry."""
    _allow(_FLOWS)
