"""Pictures are named with the addresses of their files."""

from alembic import op

revision: str = "0053"
down_revision: str | None = "0052"

_PICTURES_JSON = """
CREATE OR REPLACE FUNCTION pictures_json(subject text, use_kind text, most integer) RETURNS json
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
                'cid', file.cid,{url}
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


def upgrade() -> None:
    op.execute(_PICTURES_JSON.replace("{url}", "\n                'url', '/ipfs/' || file.cid,"))


def downgrade() -> None:
    op.execute(_PICTURES_JSON.replace("{url}", ""))
