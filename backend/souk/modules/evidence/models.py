"""Tables of evidence."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from souk.core.db import Base, Id, Instant


class EvidenceRow(Base):
    """A picture that a party has laid down about an order, never changed afterwards."""

    __tablename__ = "order_evidence"
    __table_args__ = (
        UniqueConstraint("order_id", "ipfs_hash"),
        CheckConstraint("party IN ('buyer', 'seller')", name="party"),
        CheckConstraint("ipfs_hash ~ '^b[a-z2-7]{58}$'", name="ipfs_hash"),
        CheckConstraint("size > 0", name="size"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    order_id: Mapped[Id] = mapped_column(ForeignKey("orders.id"))
    party: Mapped[str]
    account_id: Mapped[Id] = mapped_column(ForeignKey("account.id"))
    ipfs_hash: Mapped[str]
    says: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    attached_at: Mapped[Instant]


class EvidenceReadingRow(Base):
    """That an account has read a piece of evidence, and as whom. One row however often it does, so
    that nobody fills the disk by looking."""

    __tablename__ = "order_evidence_reading"
    __table_args__ = (
        CheckConstraint("reader IN ('buyer', 'seller', 'arbiter')", name="reader"),
        CheckConstraint("times >= 1", name="times"),
    )

    evidence_id: Mapped[Id] = mapped_column(ForeignKey("order_evidence.id"), primary_key=True)
    account_id: Mapped[Id] = mapped_column(ForeignKey("account.id"), primary_key=True)
    reader: Mapped[str] = mapped_column(primary_key=True)
    first_at: Mapped[Instant]
    last_at: Mapped[Instant]
    times: Mapped[int] = mapped_column(Integer)
