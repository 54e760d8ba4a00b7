"""Tables of sellers.

A deferred trigger (in the migration) refuses to commit a store whose history is not a path that
ends at its standing; another one refuses to change or delete history.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    Integer,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from souk.core.db import Base, Id, Instant

_VERIFICATIONS = "verification IN ('unverified', 'in_review', 'verified', 'rejected')"


class SellerRow(Base):
    """One store. Each account has at most one. `ens_name` was proved and holds at present; what
    labels look like to a hasty reader, the database tells by `look_alike`. Before
    `payout_frozen_until` the payout wallet does not change: a name was lost."""

    __tablename__ = "seller"
    __table_args__ = (
        CheckConstraint("handle ~ '^[a-z0-9-]{3,32}$'", name="handle"),
        CheckConstraint("status IN ('draft', 'pending', 'approved', 'suspended')", name="status"),
        CheckConstraint(_VERIFICATIONS, name="verification"),
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
    profile_image: Mapped[str | None]
    cover_image: Mapped[str | None]
    ens_name: Mapped[str | None] = mapped_column(unique=True)
    payout_frozen_until: Mapped[Instant | None]
    handle_look: Mapped[str | None] = mapped_column(
        Computed("look_alike(handle)", persisted=True), index=True
    )
    ens_look: Mapped[str | None] = mapped_column(
        Computed("look_alike(split_part(ens_name, '.', 1))", persisted=True), index=True
    )
    status: Mapped[str]
    verification: Mapped[str] = mapped_column(server_default="unverified")
    version: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]


class SellerHistoryRow(Base):
    """One step of a store's status or verification, never changed afterwards. `from_state` is NULL
    for the first of each."""

    __tablename__ = "seller_standing_history"
    __table_args__ = (
        UniqueConstraint("seller_id", "aspect", "sequence"),
        CheckConstraint("aspect IN ('status', 'verification')", name="aspect"),
        CheckConstraint("mover IN ('seller', 'staff', 'system')", name="mover"),
        CheckConstraint("(from_state IS NULL) = (sequence = 1)", name="first"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    seller_id: Mapped[Id] = mapped_column(ForeignKey("seller.id"))
    aspect: Mapped[str]
    sequence: Mapped[int] = mapped_column(Integer)
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    mover: Mapped[str]
    mover_id: Mapped[Id | None]
    reason: Mapped[str]
    evidence: Mapped[dict[str, object]] = mapped_column(JSONB)
    occurred_at: Mapped[Instant]


class SellerPayoutWalletRow(Base):
    """The wallet (EIP-55) to which a store is paid on one chain, in the place of the one in its own
    row. Whoever writes one holds the store's row locked."""

    __tablename__ = "seller_payout_wallet"
    __table_args__ = (
        CheckConstraint("wallet ~ '^0x[0-9a-fA-F]{40}$'", name="wallet"),
        CheckConstraint("chain_id >= 1", name="chain_id"),
    )

    seller_id: Mapped[Id] = mapped_column(ForeignKey("seller.id"), primary_key=True)
    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    wallet: Mapped[str]
    created_at: Mapped[Instant]


class SellerMemberRow(Base):
    """Somebody who acts for a store besides its owner, invited by a wallet (EIP-55) and known by an
    account from when that accepted. Rows stay when somebody has left."""

    __tablename__ = "seller_member"
    __table_args__ = (
        CheckConstraint("role IN ('manager', 'fulfilment', 'read_only')", name="role"),
        CheckConstraint("wallet ~ '^0x[0-9a-fA-F]{40}$'", name="wallet"),
        CheckConstraint("(account_id IS NULL) = (accepted_at IS NULL)", name="accepted"),
        Index(
            "uq_seller_member_wallet",
            "seller_id",
            "wallet",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "uq_seller_member_account",
            "account_id",
            "seller_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    seller_id: Mapped[Id] = mapped_column(ForeignKey("seller.id"))
    wallet: Mapped[str]
    role: Mapped[str]
    account_id: Mapped[Id | None] = mapped_column(ForeignKey("account.id"))
    invited_by: Mapped[Id]
    invited_at: Mapped[Instant]
    accepted_at: Mapped[Instant | None]
    ended_at: Mapped[Instant | None]
