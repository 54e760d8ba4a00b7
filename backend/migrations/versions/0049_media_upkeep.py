"""Pictures: what orders keep of them, which of their bytes go, and who lied about them."""

import sqlalchemy as sa
from alembic import op

revision: str = "0049"
down_revision: str | None = "0048"

_CID = "cid ~ '^b[a-z2-7]{58}$'"
_USES = "ck_image_use_kind"
_SHOWN = "'store_profile', 'store_cover', 'listing'"


def upgrade() -> None:
    op.add_column("image_storage", sa.Column("collected_at", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_image_storage_deleted_at",
        "image_storage",
        ["deleted_at"],
        postgresql_where=sa.text("deleted_at IS NOT NULL AND collected_at IS NULL"),
    )
    op.drop_constraint(op.f(_USES), "image_use")
    op.create_check_constraint(op.f(_USES), "image_use", f"kind IN ({_SHOWN}, 'order_line')")
    op.add_column("image_pin", sa.Column("wanted_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE image_pin SET wanted_at = now() WHERE verified_at IS NULL")
    op.create_index(
        "ix_image_pin_wanted_at",
        "image_pin",
        ["target", "wanted_at"],
        postgresql_where=sa.text("wanted_at IS NOT NULL"),
    )
    op.create_table(
        "image_leaving",
        sa.Column("cid", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased", sa.Boolean(), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint(_CID, name=op.f("ck_image_leaving_cid")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_image_leaving_attempts")),
        sa.PrimaryKeyConstraint("cid", name=op.f("pk_image_leaving")),
    )
    op.create_index(
        "ix_image_leaving_next_attempt_at",
        "image_leaving",
        ["next_attempt_at"],
        postgresql_where=sa.text("gone_at IS NULL"),
    )
    op.create_table(
        "image_liar",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("quarantined_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_image_liar")),
    )


def downgrade() -> None:
    op.drop_table("image_liar")
    op.drop_table("image_leaving")
    op.drop_index("ix_image_pin_wanted_at", "image_pin")
    op.drop_column("image_pin", "wanted_at")
    op.execute("DELETE FROM image_use WHERE kind = 'order_line'")
    op.drop_constraint(op.f(_USES), "image_use")
    op.create_check_constraint(op.f(_USES), "image_use", f"kind IN ({_SHOWN})")
    op.drop_index("ix_image_storage_deleted_at", "image_storage")
    op.drop_column("image_storage", "collected_at")
