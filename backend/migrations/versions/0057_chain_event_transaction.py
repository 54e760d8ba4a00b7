"""The logs of a transaction of ours are found without looking through all there are. Nobody but the
watcher writes to this table, and it waits while the index is made."""

from alembic import op

revision: str = "0057"
down_revision: str | None = "0056"

_INDEX = "ix_chain_event_transaction"


def upgrade() -> None:
    op.create_index(op.f(_INDEX), "chain_event", ["transaction_hash"])


def downgrade() -> None:
    op.drop_index(op.f(_INDEX), table_name="chain_event")
