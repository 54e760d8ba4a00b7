"""How much of what is booked of an effect was lost.

What was booked before says 0 of that, and is mirrored and booked anew with the next fact.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0031"
down_revision: str | None = "0030"


def upgrade() -> None:
    op.add_column(
        "payment_effect",
        sa.Column("booked_lost", sa.Numeric(78, 0), server_default=sa.text("0"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("payment_effect", "booked_lost")
