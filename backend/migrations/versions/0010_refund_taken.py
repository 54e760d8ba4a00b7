"""Money that is owed back, and was taken by the seller instead."""

from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"

_TABLE, _NAME = "refund_due", "ck_refund_due_status"


def upgrade() -> None:
    op.drop_constraint(op.f(_NAME), _TABLE, type_="check")
    op.create_check_constraint(
        op.f(_NAME), _TABLE, "status IN ('awaiting_seller', 'done', 'taken', 'void')"
    )
    # What was called done although not all of it had gone back.
    op.execute(
        "UPDATE refund_due SET status = 'taken' FROM payment_attempt_leg AS leg"
        " WHERE leg.id = refund_due.leg_id AND refund_due.status = 'done'"
        " AND leg.refunded < leg.held"
    )


def downgrade() -> None:
    op.execute("UPDATE refund_due SET status = 'done' WHERE status = 'taken'")
    op.drop_constraint(op.f(_NAME), _TABLE, type_="check")
    op.create_check_constraint(op.f(_NAME), _TABLE, "status IN ('awaiting_seller', 'done', 'void')")
