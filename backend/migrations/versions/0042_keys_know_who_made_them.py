"""An API key knows the wallet or the address by which whoever made it had signed in."""

import sqlalchemy as sa
from alembic import op

revision: str = "0042"
down_revision: str | None = "0041"


def upgrade() -> None:
    op.add_column("api_key", sa.Column("wallet", sa.Text(), nullable=True))
    op.add_column("api_key", sa.Column("email", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("api_key", "email")
    op.drop_column("api_key", "wallet")
