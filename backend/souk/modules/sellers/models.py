"""Tables of sellers."""

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Integer
from sqlalchemy.orm import Mapped, mapped_column

from souk.core.db import Base, Id, Instant


class SellerRow(Base):
    """One store. Each account has at most one. `ens_name` was proved and holds at present; what
    labels look like to a hasty reader, the database tells by `look_alike`."""

    __tablename__ = "seller"
    __table_args__ = (
        CheckConstraint("handle ~ '^[a-z0-9-]{3,32}$'", name="handle"),
        CheckConstraint("status IN ('approved', 'suspended')", name="status"),
        CheckConstraint("version >= 1", name="version"),
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
    ens_name: Mapped[str | None] = mapped_column(unique=True)
    handle_look: Mapped[str | None] = mapped_column(
        Computed("look_alike(handle)", persisted=True), index=True
    )
    ens_look: Mapped[str | None] = mapped_column(
        Computed("look_alike(split_part(ens_name, '.', 1))", persisted=True), index=True
    )
    status: Mapped[str]
    version: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]
