"""Which request gave an attempt up."""

import sqlalchemy as sa
from alembic import op

revision: str = "0026"
down_revision: str | None = "0025"

_KEY = "uq_payment_attempt_cancel_key"


def upgrade() -> None:
    op.add_column("payment_attempt", sa.Column("cancel_key", sa.Text(collation="C"), nullable=True))
    op.create_unique_constraint(_KEY, "payment_attempt", ["cancel_key"])


def downgrade() -> None:
    op.drop_constraint(_KEY, "payment_attempt", type_="unique")
    op.drop_column("payment_attempt", "cancel_key")
