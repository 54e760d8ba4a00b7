"""Tables of the catalogue: listings, their stock, and what orders hold of it."""

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from souk.core.db import Amount, Base, Id, Instant

# Spelled as PostgreSQL prints it, so that autogeneration finds nothing to change.
SEARCH_EXPRESSION = (
    "(setweight(to_tsvector('english'::regconfig, title), 'A'::\"char\")"
    " || setweight(to_tsvector('english'::regconfig, COALESCE(category, ''::text)), 'B'::\"char\"))"
    " || setweight(to_tsvector('english'::regconfig, description), 'C'::\"char\")"
)


class ListingRow(Base):
    """One thing for sale. `price` is in cents of `currency`."""

    __tablename__ = "listing"
    __table_args__ = (
        CheckConstraint("char_length(title) BETWEEN 3 AND 200", name="title"),
        CheckConstraint("char_length(description) <= 10000", name="description"),
        CheckConstraint("price BETWEEN 1 AND 1000000000", name="price"),
        CheckConstraint("currency = 'USD'", name="currency"),
        CheckConstraint("kind IN ('physical', 'digital')", name="kind"),
        CheckConstraint("status IN ('draft', 'published', 'discontinued')", name="status"),
        CheckConstraint("status <> 'published' OR published_at IS NOT NULL", name="published"),
        CheckConstraint(
            "num_nonnulls(handling_days, transit_days) ="
            " CASE kind WHEN 'physical' THEN 2 ELSE 0 END",
            name="carried",
        ),
        CheckConstraint("handling_days BETWEEN 0 AND 60", name="handling_days"),
        CheckConstraint("transit_days BETWEEN 1 AND 90", name="transit_days"),
        Index(
            "ix_listing_newest",
            "published_at",
            "id",
            postgresql_where=text("status = 'published'"),
        ),
        Index(
            "ix_listing_category_newest",
            "category",
            "published_at",
            "id",
            postgresql_where=text("status = 'published'"),
        ),
        Index("ix_listing_seller_newest", "seller_id", "id"),
        Index("ix_listing_search", "search", postgresql_using="gin"),
    )

    # The search vector is PostgreSQL's own business: never fetched back after a write.
    __mapper_args__ = {"eager_defaults": False}  # noqa: RUF012 - SQLAlchemy's own idiom

    id: Mapped[Id] = mapped_column(primary_key=True)
    seller_id: Mapped[Id] = mapped_column(ForeignKey("seller.id"))
    title: Mapped[str]
    description: Mapped[str]
    category: Mapped[str | None]
    price: Mapped[Amount]
    currency: Mapped[str]
    kind: Mapped[str]
    handling_days: Mapped[int | None] = mapped_column(Integer)
    transit_days: Mapped[int | None] = mapped_column(Integer)
    status: Mapped[str]
    version: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]
    published_at: Mapped[Instant | None]
    search: Mapped[str] = mapped_column(
        TSVECTOR, Computed(SEARCH_EXPRESSION, persisted=True), deferred=True
    )


class StockRow(Base):
    """The row that is locked when stock moves. `on_hand` includes `reserved`: what is promised to
    unpaid orders still lies on the shelf."""

    __tablename__ = "stock_item"
    __table_args__ = (
        CheckConstraint("on_hand >= 0", name="on_hand"),
        CheckConstraint("reserved BETWEEN 0 AND on_hand", name="reserved"),
    )

    listing_id: Mapped[Id] = mapped_column(ForeignKey("listing.id"), primary_key=True)
    on_hand: Mapped[int] = mapped_column(Integer)
    reserved: Mapped[int] = mapped_column(Integer)
    updated_at: Mapped[Instant]


class ReservationRow(Base):
    """What one order holds of one listing. The order is known by its id only."""

    __tablename__ = "stock_reservation"
    __table_args__ = (
        UniqueConstraint("order_id", "listing_id"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("state IN ('reserved', 'allocated', 'released')", name="state"),
        Index("ix_stock_reservation_listing_id", "listing_id"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    order_id: Mapped[Id]
    listing_id: Mapped[Id] = mapped_column(ForeignKey("stock_item.listing_id"))
    quantity: Mapped[int] = mapped_column(Integer)
    state: Mapped[str]
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]
