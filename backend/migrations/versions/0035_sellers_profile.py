"""What else a store says about itself: policies, where it sends from, and whether it is away."""

import sqlalchemy as sa
from alembic import op

revision: str = "0035"
down_revision: str | None = "0034"

_TEXTS = ("shipping_policy", "returns_policy", "ships_from", "ships_from_place", "holiday_note")


def upgrade() -> None:
    for name in _TEXTS:
        op.add_column("seller", sa.Column(name, sa.Text(), nullable=True))
    op.add_column(
        "seller",
        sa.Column("on_holiday", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_check_constraint(op.f("ck_seller_ships_from"), "seller", "ships_from ~ '^[A-Z]{2}$'")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_seller_ships_from"), "seller")
    for name in (*_TEXTS, "on_holiday"):
        op.drop_column("seller", name)
