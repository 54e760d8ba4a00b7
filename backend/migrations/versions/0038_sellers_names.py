"""The name of ENS that a store shows, and what labels look like to a hasty reader."""

import sqlalchemy as sa
from alembic import op

revision: str = "0038"
down_revision: str | None = "0037"

# Letters without their marks, then those that are drawn alike: i, l and 1; o and 0; s and 5; rn and
# m; vv and w; cl and d. Hyphens and underscores are overlooked.
_LOOK_ALIKE = r"""
CREATE FUNCTION look_alike(label text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT replace(replace(replace(
        translate(
            regexp_replace(lower(normalize(label, NFKD)), '[\u0300-\u036f]', '', 'g'),
            'i105_-', 'llos'),
        'rn', 'm'), 'vv', 'w'), 'cl', 'd')
$$
"""


def upgrade() -> None:
    op.execute(_LOOK_ALIKE)
    op.add_column("seller", sa.Column("ens_name", sa.Text(), nullable=True))
    op.add_column(
        "seller",
        sa.Column("handle_look", sa.Text(), sa.Computed("look_alike(handle)", persisted=True)),
    )
    op.add_column(
        "seller",
        sa.Column(
            "ens_look",
            sa.Text(),
            sa.Computed("look_alike(split_part(ens_name, '.', 1))", persisted=True),
        ),
    )
    op.create_index("ix_seller_handle_look", "seller", ["handle_look"])
    op.create_index("ix_seller_ens_look", "seller", ["ens_look"])
    op.create_unique_constraint("uq_seller_ens_name", "seller", ["ens_name"])


def downgrade() -> None:
    op.drop_constraint("uq_seller_ens_name", "seller")
    op.drop_index("ix_seller_ens_look", table_name="seller")
    op.drop_index("ix_seller_handle_look", table_name="seller")
    op.drop_column("seller", "ens_look")
    op.drop_column("seller", "handle_look")
    op.drop_column("seller", "ens_name")
    op.execute("DROP FUNCTION look_alike(text)")
