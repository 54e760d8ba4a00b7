"""The last rate of a price feed is found without reading every attempt."""

from alembic import op

revision: str = "0021"
down_revision: str | None = "0018"

_ATTEMPT = "payment_attempt"
_RATE = "ix_payment_attempt_rate"


def upgrade() -> None:
    op.create_index(_RATE, _ATTEMPT, ["chain_id", "rate_source", "quote_issued_at"])


def downgrade() -> None:
    op.drop_index(_RATE, table_name=_ATTEMPT)
