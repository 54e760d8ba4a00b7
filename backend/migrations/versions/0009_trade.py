"""Tables of trade."""

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"


def upgrade() -> None:
    op.create_table(
        "keeper_request",
        sa.Column("leg_id", sa.Text(collation="C"), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("intent", sa.Text(collation="C"), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "action IN ('release', 'refund')", name=op.f("ck_keeper_request_action")
        ),
        sa.CheckConstraint("attempt >= 1", name=op.f("ck_keeper_request_attempt")),
        sa.ForeignKeyConstraint(
            ["leg_id"], ["payment_attempt_leg.id"], name=op.f("fk_keeper_request_leg_id")
        ),
        sa.PrimaryKeyConstraint("leg_id", name=op.f("pk_keeper_request")),
    )


def downgrade() -> None:
    op.drop_table("keeper_request")
