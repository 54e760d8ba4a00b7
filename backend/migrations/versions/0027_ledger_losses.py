"""An account of what buyers got beyond what was theirs. Rows are checked by 0029.

Each table has a transaction of its own: whoever writes the books locks accounts first and entries
then, and somebody who locks both for himself would meet them half-way.
"""

from alembic import op

revision: str = "0027"
down_revision: str | None = "0026"

_KINDS = "'buyer', 'escrow', 'seller', 'fees', 'receivable'"


def _allow(kinds: str, *, not_valid: bool = False) -> None:
    name, table = op.f("ck_ledger_account_kind"), "ledger_account"
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, f"kind IN ({kinds})", postgresql_not_valid=not_valid)


def upgrade() -> None:
    _allow(f"{_KINDS}, 'losses'", not_valid=True)


def downgrade() -> None:
    """Refused by the check while there is such an account."""
    _allow(_KINDS)
