"""What waits in the outbox, from the first on."""

import sqlalchemy as sa
from alembic import op

revision: str = "0030"
down_revision: str | None = "0029"


def upgrade() -> None:
    op.create_index(
        "ix_outbox_queue",
        "outbox",
        ["sequence"],
        postgresql_where=sa.text("delivered_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_outbox_queue", table_name="outbox")
