"""What the keeper has asked the chain to do."""

from sqlalchemy import CheckConstraint, ForeignKey, Integer
from sqlalchemy.orm import Mapped, mapped_column

from souk.core.db import Base, Id, Instant


class KeeperRequestRow(Base):
    """The transaction in which an overdue leg is settled. Legs that go together share `intent`,
    under which the chain module sends at most one transaction; a leg whose transaction failed
    gets another intent."""

    __tablename__ = "keeper_request"
    __table_args__ = (
        CheckConstraint("action IN ('release', 'refund')", name="action"),
        CheckConstraint("attempt >= 1", name="attempt"),
    )

    leg_id: Mapped[Id] = mapped_column(ForeignKey("payment_attempt_leg.id"), primary_key=True)
    action: Mapped[str]
    intent: Mapped[Id]
    attempt: Mapped[int] = mapped_column(Integer)
    requested_at: Mapped[Instant]
