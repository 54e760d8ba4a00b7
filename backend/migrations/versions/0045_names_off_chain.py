"""Whether a gateway had to be asked for what a name stands for, when that was last seen."""

import sqlalchemy as sa
from alembic import op

revision: str = "0045"
down_revision: str | None = "0044"


def upgrade() -> None:
    op.add_column(
        "ens_verifications",
        sa.Column("off_chain", sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("ens_verifications", "off_chain")
