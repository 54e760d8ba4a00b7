"""Tables of checkouts, orders, their history, holds and tracking, and of carts.

A deferred trigger (in the migration) refuses to commit an order whose history is not a path that
ends at its status; another one refuses to change or delete history.
"""

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from souk.core.db import Amount, Base, Id, Instant
from souk.modules.catalog.domain import ListingKind
from souk.modules.orders.domain import Actor, HoldKind, OrderStatus


def _one_of(column: str, choices: type[StrEnum]) -> str:
    return f"{column} IN ({', '.join(repr(choice.value) for choice in choices)})"


class CheckoutRow(Base):
    """One purchase. `request_key` makes a repeated request find what the first one placed."""

    __tablename__ = "checkout"
    __table_args__ = (
        UniqueConstraint("buyer_id", "request_key"),
        CheckConstraint("total > 0", name="total"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    buyer_id: Mapped[Id] = mapped_column(ForeignKey("account.id"))
    request_key: Mapped[str | None]
    total: Mapped[Amount]
    currency: Mapped[str]
    created_at: Mapped[Instant]


class OrderRow(Base):
    """What one seller delivers of a checkout. `total` is in cents of `currency`; seller's account
    and wallets are as they were when it was placed, and a trigger keeps them so. `payout_wallets`
    are those of single chains by their ids, NULL where there were none."""

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint(_one_of("status", OrderStatus), name="status"),
        CheckConstraint("total > 0", name="total"),
        CheckConstraint(_one_of("kind", ListingKind), name="kind"),
        CheckConstraint("buyer_id <> seller_account_id", name="parties"),
        Index("ix_orders_checkout_id", "checkout_id"),
        Index("ix_orders_buyer_newest", "buyer_id", "id"),
        Index("ix_orders_seller_newest", "seller_id", "id"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    checkout_id: Mapped[Id] = mapped_column(ForeignKey("checkout.id"))
    buyer_id: Mapped[Id] = mapped_column(ForeignKey("account.id"))
    seller_id: Mapped[Id] = mapped_column(ForeignKey("seller.id"))
    seller_account_id: Mapped[Id] = mapped_column(ForeignKey("account.id"))
    payout_wallet: Mapped[str]
    payout_wallets: Mapped[dict[str, str] | None] = mapped_column(JSONB(none_as_null=True))
    status: Mapped[str]
    total: Mapped[Amount]
    currency: Mapped[str]
    kind: Mapped[str]
    handling_days: Mapped[int | None] = mapped_column(Integer)
    transit_days: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]
    expires_at: Mapped[Instant]


class OrderLineRow(Base):
    """A listing as it was when it was ordered."""

    __tablename__ = "order_line"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        UniqueConstraint("order_id", "listing_id"),
        CheckConstraint("quantity BETWEEN 1 AND 1000", name="quantity"),
        CheckConstraint("unit_price > 0", name="unit_price"),
        CheckConstraint(_one_of("kind", ListingKind), name="kind"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    order_id: Mapped[Id] = mapped_column(ForeignKey("orders.id"))
    position: Mapped[int] = mapped_column(Integer)
    listing_id: Mapped[Id] = mapped_column(ForeignKey("listing.id"))
    title: Mapped[str]
    unit_price: Mapped[Amount]
    currency: Mapped[str]
    quantity: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str]
    handling_days: Mapped[int | None] = mapped_column(Integer)
    transit_days: Mapped[int | None] = mapped_column(Integer)


class OrderHistoryRow(Base):
    """One step of an order, never changed afterwards. `from_status` is NULL for the first; equal
    to `to_status` when a fact was only noted."""

    __tablename__ = "order_status_history"
    __table_args__ = (
        UniqueConstraint("order_id", "sequence"),
        CheckConstraint(_one_of("from_status", OrderStatus), name="from_status"),
        CheckConstraint(_one_of("to_status", OrderStatus), name="to_status"),
        CheckConstraint(_one_of("actor", Actor), name="actor"),
        CheckConstraint("(from_status IS NULL) = (sequence = 1)", name="first"),
        Index(
            "uq_order_status_history_completed",
            "order_id",
            unique=True,
            postgresql_where=text("to_status = 'completed' AND from_status <> 'completed'"),
        ),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    order_id: Mapped[Id] = mapped_column(ForeignKey("orders.id"))
    sequence: Mapped[int] = mapped_column(Integer)
    from_status: Mapped[str | None]
    to_status: Mapped[str]
    actor: Mapped[str]
    actor_id: Mapped[Id | None]
    reason: Mapped[str]
    evidence: Mapped[dict[str, object]] = mapped_column(JSONB)
    occurred_at: Mapped[Instant]
    observed_at: Mapped[Instant]


class OrderHoldRow(Base):
    """While one is open nothing irreversible happens to the order."""

    __tablename__ = "order_hold"
    __table_args__ = (
        CheckConstraint(_one_of("kind", HoldKind), name="kind"),
        Index(
            "uq_order_hold_open",
            "order_id",
            "kind",
            "reference",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    order_id: Mapped[Id] = mapped_column(ForeignKey("orders.id"))
    kind: Mapped[str]
    reference: Mapped[str]
    opened_at: Mapped[Instant]
    closed_at: Mapped[Instant | None]


class OrderTrackingRow(Base):
    """What a carrier said about a parcel, once."""

    __tablename__ = "order_tracking_event"
    __table_args__ = (
        UniqueConstraint(
            "order_id",
            "carrier",
            "code",
            "status",
            "occurred_at",
            name="uq_order_tracking_event_once",
        ),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    order_id: Mapped[Id] = mapped_column(ForeignKey("orders.id"))
    carrier: Mapped[str]
    code: Mapped[str]
    url: Mapped[str | None]
    status: Mapped[str]
    occurred_at: Mapped[Instant]
    observed_at: Mapped[Instant]


class CartRow(Base):
    """What somebody may buy. It holds neither stock nor prices."""

    __tablename__ = "cart"
    __table_args__ = (Index("ix_cart_account_id", "account_id"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[Id] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]


class CartItemRow(Base):
    """One listing in a cart."""

    __tablename__ = "cart_item"
    __table_args__ = (CheckConstraint("quantity BETWEEN 1 AND 1000", name="quantity"),)

    cart_id: Mapped[Id] = mapped_column(ForeignKey("cart.id"), primary_key=True)
    listing_id: Mapped[Id] = mapped_column(ForeignKey("listing.id"), primary_key=True)
    quantity: Mapped[int] = mapped_column(Integer)
    added_at: Mapped[Instant]
