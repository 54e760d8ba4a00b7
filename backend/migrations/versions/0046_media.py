"""Pictures: what was uploaded, in which files, where it is shown, and who keeps it."""

import sqlalchemy as sa
from alembic import op

revision: str = "0046"
down_revision: str | None = "0045"

_PICTURES = """
CREATE FUNCTION pictures_json(subject text, use_kind text, most integer) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT coalesce(json_agg(json_build_object(
        'ipfs_hash', shown.cid,
        'alt_text', coalesce(nullif(shown.shown_as, ''), shown.alt_text),
        'width', shown.width,
        'height', shown.height,
        'colour', shown.colour,
        'blurhash', shown.blurhash,
        'files', (
            SELECT json_agg(json_build_object(
                'variant', file.variant,
                'media_type', file.media_type,
                'cid', file.cid,
                'width', file.width,
                'height', file.height,
                'bytes', file.size) ORDER BY file.size, file.variant, file.media_type)
            FROM image_variant file WHERE file.image_id = shown.id)
        ) ORDER BY shown.position), '[]'::json)
    FROM (
        SELECT image.*, used.position, used.alt_text AS shown_as
        FROM image_use used JOIN image_storage image ON image.id = used.image_id
        WHERE used.subject_id = subject AND used.kind = use_kind
        ORDER BY used.position LIMIT most
    ) AS shown
$$
"""
_CID = "cid ~ '^b[a-z2-7]{58}$'"


def upgrade() -> None:
    op.create_table(
        "image_storage",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("account_id", sa.Text(collation="C"), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("original_hash", sa.Text(), nullable=False),
        sa.Column("original_bytes", sa.BigInteger(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("cid", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("animated", sa.Boolean(), nullable=False),
        sa.Column("colour", sa.Text(), nullable=False),
        sa.Column("blurhash", sa.Text(), nullable=False),
        sa.Column("alt_text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "purpose IN ('product', 'profile', 'cover', 'evidence', 'review')",
            name=op.f("ck_image_storage_purpose"),
        ),
        sa.CheckConstraint(_CID, name=op.f("ck_image_storage_cid")),
        sa.CheckConstraint(
            "original_hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_image_storage_original_hash")
        ),
        sa.CheckConstraint("width > 0 AND height > 0", name=op.f("ck_image_storage_dimensions")),
        sa.CheckConstraint("colour ~ '^#[0-9a-f]{6}$'", name=op.f("ck_image_storage_colour")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_image_storage_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image_storage")),
    )
    op.create_index(
        "uq_image_storage_once",
        "image_storage",
        ["account_id", "purpose", "original_hash"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "image_variant",
        sa.Column("image_id", sa.Text(collation="C"), nullable=False),
        sa.Column("variant", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("cid", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "variant IN ('thumb', 'card', 'page', 'full')", name=op.f("ck_image_variant_variant")
        ),
        sa.CheckConstraint(
            "media_type IN ('image/webp', 'image/jpeg')", name=op.f("ck_image_variant_media_type")
        ),
        sa.CheckConstraint(_CID, name=op.f("ck_image_variant_cid")),
        sa.CheckConstraint("size BETWEEN 1 AND 1048576", name=op.f("ck_image_variant_size")),
        sa.CheckConstraint("width > 0 AND height > 0", name=op.f("ck_image_variant_dimensions")),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image_storage.id"], name=op.f("fk_image_variant_image_id")
        ),
        sa.PrimaryKeyConstraint("image_id", "variant", "media_type", name=op.f("pk_image_variant")),
    )
    op.create_index("ix_image_variant_cid", "image_variant", ["cid"])
    op.create_table(
        "image_use",
        sa.Column("subject_id", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("image_id", sa.Text(collation="C"), nullable=False),
        sa.Column("alt_text", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('store_profile', 'store_cover', 'listing')", name=op.f("ck_image_use_kind")
        ),
        sa.CheckConstraint("position >= 0", name=op.f("ck_image_use_position")),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image_storage.id"], name=op.f("fk_image_use_image_id")
        ),
        sa.PrimaryKeyConstraint("subject_id", "kind", "position", name=op.f("pk_image_use")),
    )
    op.create_index("ix_image_use_image_id", "image_use", ["image_id"])
    op.create_table(
        "image_pin",
        sa.Column("cid", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint(_CID, name=op.f("ck_image_pin_cid")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_image_pin_attempts")),
        sa.PrimaryKeyConstraint("cid", "target", name=op.f("pk_image_pin")),
    )
    op.create_index("ix_image_pin_next_attempt_at", "image_pin", ["next_attempt_at"])
    op.execute(_PICTURES)


def downgrade() -> None:
    op.execute("DROP FUNCTION pictures_json(text, text, integer)")
    for table in ("image_pin", "image_use", "image_variant", "image_storage"):
        op.drop_table(table)
