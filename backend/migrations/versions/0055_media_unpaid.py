"""Orders that ended unpaid keep no pictures, and an account's are counted until they are gone."""

import sqlalchemy as sa
from alembic import op

revision: str = "0055"
down_revision: str | None = "0054"

_FORGET = """
    DELETE FROM image_use AS used
    USING order_line AS line, orders AS o, order_status_history AS step
    WHERE used.kind = 'order_line' AND used.subject_id = line.id
      AND o.id = line.order_id AND o.status IN ('cancelled', 'expired')
      AND step.order_id = o.id AND step.from_status = 'pending_payment'
      AND step.to_status = o.status
"""


def upgrade() -> None:
    op.execute(_FORGET)
    op.create_index(
        "ix_image_storage_account_id",
        "image_storage",
        ["account_id"],
        postgresql_where=sa.text("collected_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_image_storage_account_id", table_name="image_storage")
