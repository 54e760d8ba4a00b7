"""Listings, their stock, and what orders hold of it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0005"
down_revision: str | None = "0004"


def upgrade() -> None:
    op.create_table(
        "listing",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("seller_id", sa.Text(collation="C"), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("price", sa.Numeric(78, 0), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("handling_days", sa.Integer(), nullable=True),
        sa.Column("transit_days", sa.Integer(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "(setweight(to_tsvector('english'::regconfig, title), 'A'::\"char\") || setweight(to_tsvector('english'::regconfig, COALESCE(category, ''::text)), 'B'::\"char\")) || setweight(to_tsvector('english'::regconfig, description), 'C'::\"char\")",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.CheckConstraint("currency = 'USD'", name=op.f("ck_listing_currency")),
        sa.CheckConstraint("kind IN ('physical', 'digital')", name=op.f("ck_listing_kind")),
        sa.CheckConstraint(
            "num_nonnulls(handling_days, transit_days) = CASE kind WHEN 'physical' THEN 2 ELSE 0 END",
            name=op.f("ck_listing_carried"),
        ),
        sa.CheckConstraint(
            "status <> 'published' OR published_at IS NOT NULL", name=op.f("ck_listing_published")
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'published', 'discontinued')", name=op.f("ck_listing_status")
        ),
        sa.CheckConstraint(
            "char_length(description) <= 10000", name=op.f("ck_listing_description")
        ),
        sa.CheckConstraint("char_length(title) BETWEEN 3 AND 200", name=op.f("ck_listing_title")),
        sa.CheckConstraint("handling_days BETWEEN 0 AND 60", name=op.f("ck_listing_handling_days")),
        sa.CheckConstraint("price BETWEEN 1 AND 1000000000", name=op.f("ck_listing_price")),
        sa.CheckConstraint("transit_days BETWEEN 1 AND 90", name=op.f("ck_listing_transit_days")),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name=op.f("fk_listing_seller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing")),
    )
    op.create_index(
        "ix_listing_category_newest",
        "listing",
        ["category", "published_at", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'published'"),
    )
    op.create_index(
        "ix_listing_newest",
        "listing",
        ["published_at", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'published'"),
    )
    op.create_index(
        "ix_listing_search", "listing", ["search"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_listing_seller_newest", "listing", ["seller_id", "id"], unique=False)
    op.create_table(
        "stock_item",
        sa.Column("listing_id", sa.Text(collation="C"), nullable=False),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("on_hand >= 0", name=op.f("ck_stock_item_on_hand")),
        sa.CheckConstraint("reserved BETWEEN 0 AND on_hand", name=op.f("ck_stock_item_reserved")),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listing.id"], name=op.f("fk_stock_item_listing_id")
        ),
        sa.PrimaryKeyConstraint("listing_id", name=op.f("pk_stock_item")),
    )
    op.create_table(
        "stock_reservation",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("order_id", sa.Text(collation="C"), nullable=False),
        sa.Column("listing_id", sa.Text(collation="C"), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('reserved', 'allocated', 'released')",
            name=op.f("ck_stock_reservation_state"),
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_stock_reservation_quantity")),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["stock_item.listing_id"], name=op.f("fk_stock_reservation_listing_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_reservation")),
        sa.UniqueConstraint(
            "order_id", "listing_id", name=op.f("uq_stock_reservation_order_id_listing_id")
        ),
    )
    op.create_index(
        "ix_stock_reservation_listing_id", "stock_reservation", ["listing_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index("ix_stock_reservation_listing_id", table_name="stock_reservation")
    op.drop_table("stock_reservation")
    op.drop_table("stock_item")
    op.drop_index("ix_listing_seller_newest", table_name="listing")
    op.drop_index("ix_listing_search", table_name="listing", postgresql_using="gin")
    op.drop_index(
        "ix_listing_newest", table_name="listing", postgresql_where=sa.text("status = 'published'")
    )
    op.drop_index(
        "ix_listing_category_newest",
        table_name="listing",
        postgresql_where=sa.text("status = 'published'"),
    )
    op.drop_table("listing")
