"""How what names no order fell to the legs of a card payment."""

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


def downgrade() -> None:
    op.drop_column("payment_attempt_leg", "divisions")
