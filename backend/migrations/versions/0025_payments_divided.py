"""How what names no order fell to the legs of a card payment, and how much is booked of an effect.

What was booked before says 0 of that, and is mirrored and booked anew with the next fact.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0025"
down_revision: str | None = "0024"


def upgrade() -> None:
    op.add_column(
        "payment_attempt_leg",
        sa.Column(
            "divisions",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
    )
    op.add_column(
        "payment_effect",
        sa.Column("booked_amount", sa.Numeric(78, 0), server_default=sa.text("0"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("payment_effect", "booked_amount")
    op.drop_column("payment_attempt_leg", "divisions")
