"""Tables of names."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, false, text
from sqlalchemy.orm import Mapped, mapped_column

from souk.core.db import Base, Id, Instant

_OPEN = text("lost_at IS NULL")


class VerificationRow(Base):
    """A name that a store has proved, in which block that was last seen to hold, and when and why
    it was lost. Of those that are not, an account, a store and a name have one each."""

    __tablename__ = "ens_verifications"
    __table_args__ = (
        CheckConstraint("wallet ~ '^0x[0-9a-fA-F]{40}$'", name="wallet"),
        CheckConstraint("block_hash ~ '^0x[0-9a-f]{64}$'", name="block_hash"),
        CheckConstraint("(lost_at IS NULL) = (lost_reason IS NULL)", name="lost"),
        CheckConstraint(
            "lost_reason IN ('not_held', 'expired', 'off_chain', 'no_address', 'repointed',"
            " 'replaced', 'wallet_gone')",
            name="lost_reason",
        ),
        Index("uq_ens_verifications_account_id", "account_id", unique=True, postgresql_where=_OPEN),
        Index("uq_ens_verifications_seller_id", "seller_id", unique=True, postgresql_where=_OPEN),
        Index("uq_ens_verifications_name", "name", unique=True, postgresql_where=_OPEN),
        Index("ix_ens_verifications_checked", "checked_at", postgresql_where=_OPEN),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[Id] = mapped_column(ForeignKey("account.id"))
    seller_id: Mapped[Id] = mapped_column(ForeignKey("seller.id"))
    name: Mapped[str]
    wallet: Mapped[str]
    owner: Mapped[str | None]
    expires_at: Mapped[Instant | None]
    off_chain: Mapped[bool] = mapped_column(server_default=false())
    chain_id: Mapped[int] = mapped_column(BigInteger)
    block_number: Mapped[int] = mapped_column(BigInteger)
    block_hash: Mapped[str]
    block_at: Mapped[Instant]
    verified_at: Mapped[Instant]
    checked_at: Mapped[Instant]
    lost_at: Mapped[Instant | None]
    lost_reason: Mapped[str | None]


class NoticeRow(Base):
    """A letter to a seller about a lost name, one for each event that told of a loss."""

    __tablename__ = "ens_notices"
    __table_args__ = (
        Index("ix_ens_notices_due", "next_attempt_at", postgresql_where=text("sent_at IS NULL")),
    )

    event_id: Mapped[Id] = mapped_column(primary_key=True)
    seller_id: Mapped[Id] = mapped_column(ForeignKey("seller.id"))
    account_id: Mapped[Id] = mapped_column(ForeignKey("account.id"))
    name: Mapped[str]
    reason: Mapped[str]
    payout_frozen_until: Mapped[Instant | None]
    created_at: Mapped[Instant]
    next_attempt_at: Mapped[Instant]
    attempts: Mapped[int] = mapped_column(Integer)
    sent_at: Mapped[Instant | None]
