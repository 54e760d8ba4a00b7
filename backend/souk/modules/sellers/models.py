"""Tables of sellers."""

from sqlalchemy import CheckConstraint, ForeignKey, Integer, false
from sqlalchemy.orm import Mapped, mapped_column

from souk.core.db import Base, Id, Instant


class SellerRow(Base):
    """One store. Each account has at most one."""

    __tablename__ = "seller"
    __table_args__ = (
        CheckConstraint("handle ~ '^[a-z0-9-]{3,32}$'", name="handle"),
        CheckConstraint("status IN ('approved', 'suspended')", name="status"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("ships_from ~ '^[A-Z]{2}$'", name="ships_from"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[Id] = mapped_column(ForeignKey("account.id"), unique=True)
    handle: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    payout_wallet: Mapped[str]
    bio: Mapped[str | None]
    location: Mapped[str | None]
    website: Mapped[str | None]
    twitter: Mapped[str | None]
    discord: Mapped[str | None]
    telegram: Mapped[str | None]
    shipping_policy: Mapped[str | None]
    returns_policy: Mapped[str | None]
    ships_from: Mapped[str | None]
    ships_from_place: Mapped[str | None]
    on_holiday: Mapped[bool] = mapped_column(server_default=false())
    holiday_note: Mapped[str | None]
    status: Mapped[str]
    version: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]
