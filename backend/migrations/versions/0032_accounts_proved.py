"""Where a wallet's proof holds, and the role of whoever rules on disputes."""

import sqlalchemy as sa
from alembic import op

revision: str = "0032"
down_revision: str | None = "0031"


def upgrade() -> None:
    op.add_column("wallet", sa.Column("chain_id", sa.BigInteger(), nullable=True))
    op.drop_constraint(op.f("ck_account_roles"), "account")
    op.create_check_constraint(
        op.f("ck_account_roles"),
        "account",
        "roles <@ ARRAY['buyer', 'seller', 'arbiter', 'support', 'admin']",
    )


def downgrade() -> None:
    op.execute("UPDATE account SET roles = array_remove(roles, 'arbiter')")
    op.drop_constraint(op.f("ck_account_roles"), "account")
    op.create_check_constraint(
        op.f("ck_account_roles"), "account", "roles <@ ARRAY['buyer', 'seller', 'support', 'admin']"
    )
    op.drop_column("wallet", "chain_id")
