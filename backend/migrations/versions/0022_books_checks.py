"""What the standing check of the books found."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0022"
down_revision: str | None = "0014"


def upgrade() -> None:
    op.create_table(
        "books_check",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("assets", postgresql.JSONB(), nullable=False),
        sa.Column("breaks", postgresql.JSONB(), nullable=False),
        sa.Column("as_of", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_books_check")),
    )
    op.create_index("ix_books_check_checked_at", "books_check", ["checked_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_books_check_checked_at", table_name="books_check")
    op.drop_table("books_check")
