"""The pictures of a store, by what they are called."""

import sqlalchemy as sa
from alembic import op

revision: str = "0047"
down_revision: str | None = "0046"


def upgrade() -> None:
    for column in ("profile_image", "cover_image"):
        op.add_column("seller", sa.Column(column, sa.Text(), nullable=True))


def downgrade() -> None:
    for column in ("cover_image", "profile_image"):
        op.drop_column("seller", column)
