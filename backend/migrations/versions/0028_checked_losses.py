"""The rows that were there before are checked, while others read and write."""

from alembic import op

revision: str = "0028"
down_revision: str | None = "0027"


def upgrade() -> None:
    op.execute("ALTER TABLE ledger_entry VALIDATE CONSTRAINT ck_ledger_entry_flow")
    op.execute("ALTER TABLE ledger_account VALIDATE CONSTRAINT ck_ledger_account_kind")


def downgrade() -> None:
    """There is nothing to take back."""
