"""What others keep as ciphertext, and the sealed copies of terms documents."""

import sqlalchemy as sa
from alembic import op

revision: str = "0050"
down_revision: str | None = "0049"


def upgrade() -> None:
    op.create_table(
        "sealed_document",
        sa.Column("cid", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(collation="C"), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("cid ~ '^b[a-z2-7]{58}$'", name=op.f("ck_sealed_document_cid")),
        sa.PrimaryKeyConstraint("cid", name=op.f("pk_sealed_document")),
    )
    op.add_column("terms_document", sa.Column("sealed_cid", sa.Text(), nullable=True))
    op.create_index(
        "ix_terms_to_seal",
        "terms_document",
        ["id"],
        postgresql_where=sa.text("sealed_cid IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_terms_to_seal", "terms_document")
    op.drop_column("terms_document", "sealed_cid")
    op.drop_table("sealed_document")
