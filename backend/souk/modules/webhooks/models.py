"""Tables of webhooks that go out to merchants."""

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from souk.core.db import Base, Id, Instant

_ALIVE = text("deleted_at IS NULL")
_PENDING = text("sent_at IS NULL AND failed_at IS NULL")


class EndpointRow(Base):
    """Where an account wants to be told. `events` of NULL are all; secrets are sealed;
    `first_failed_at` is when the present run of failures began. A deleted one keeps its row as
    long as the log of what was sent to it, and no secret."""

    __tablename__ = "webhook_endpoint"
    __table_args__ = (
        CheckConstraint("disabled_reason IN ('owner', 'gone', 'failing')", name="disabled_reason"),
        CheckConstraint("num_nonnulls(disabled_at, disabled_reason) <> 1", name="disabled"),
        CheckConstraint("num_nonnulls(old_secret, old_secret_until) <> 1", name="old_secret"),
        CheckConstraint("cardinality(events) > 0", name="events"),
        CheckConstraint("(deleted_at IS NULL) = (secret IS NOT NULL)", name="secret"),
        Index("uq_webhook_endpoint_url", "account_id", "url", unique=True, postgresql_where=_ALIVE),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[Id] = mapped_column(ForeignKey("account.id"))
    url: Mapped[str]
    description: Mapped[str]
    events: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    old_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    old_secret_until: Mapped[Instant | None]
    disabled_at: Mapped[Instant | None]
    disabled_reason: Mapped[str | None]
    first_failed_at: Mapped[Instant | None]
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]
    deleted_at: Mapped[Instant | None]


class DeliveryRow(Base):
    """One message to one endpoint. It waits until `next_attempt_at`, which is the end of the
    lease while somebody tries it. `attempts` counts all claims, `tries` those since it was last
    begun anew."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("endpoint_id", "event_id", name="uq_webhook_delivery_once"),
        CheckConstraint("num_nonnulls(sent_at, failed_at) < 2", name="ended"),
        CheckConstraint("tries BETWEEN 0 AND attempts", name="tries"),
        Index(
            "ix_webhook_delivery_pending",
            "endpoint_id",
            "next_attempt_at",
            postgresql_where=_PENDING,
        ),
        Index("ix_webhook_delivery_newest", "endpoint_id", "id"),
        Index("ix_webhook_delivery_created_at", "created_at"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    endpoint_id: Mapped[Id] = mapped_column(ForeignKey("webhook_endpoint.id"))
    event_id: Mapped[Id]
    type: Mapped[str]
    body: Mapped[str]
    created_at: Mapped[Instant]
    next_attempt_at: Mapped[Instant]
    tries: Mapped[int] = mapped_column(Integer)
    attempts: Mapped[int] = mapped_column(Integer)
    sent_at: Mapped[Instant | None]
    failed_at: Mapped[Instant | None]


class AttemptRow(Base):
    """What came of one try: the status and the first bytes of the answer, or an error."""

    __tablename__ = "webhook_attempt"
    __table_args__ = (CheckConstraint("num_nonnulls(status, error) = 1", name="outcome"),)

    delivery_id: Mapped[Id] = mapped_column(
        ForeignKey("webhook_delivery.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    started_at: Mapped[Instant]
    took_ms: Mapped[int] = mapped_column(Integer)
    status: Mapped[int | None] = mapped_column(Integer)
    answer: Mapped[str]
    error: Mapped[str | None]
