"""The inbox: facts that arrive from outside, stored once, handled after the answer.

The receiver verifies the sender first, stores the raw body under the sender's own id, commits,
and answers 200. A repeat of the same id finds the row and adds nothing. Handling is claimed by
a lease, so that a crash between the two only delays it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, Index, Integer, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from souk.core.clock import Clock
from souk.core.db import Base, Id, Instant
from souk.core.leases import Leases, Statements
from souk.core.outbox import OUTBOX_CHANNEL
from souk.core.unit_of_work import Transaction

LEASE_SECONDS = 30
MAX_BACKOFF_SECONDS = 3600

InboxHandler = Callable[[str, bytes], None]
"""Called with the external id and the verified raw body; harmless when called again."""


class InboxRow(Base):
    """One message from one outside source."""

    __tablename__ = "webhook_inbox"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        Index(
            "ix_webhook_inbox_unhandled",
            "next_attempt_at",
            postgresql_where=text("handled_at IS NULL"),
        ),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    source: Mapped[str]
    external_id: Mapped[str]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[Instant]
    next_attempt_at: Mapped[Instant]
    attempts: Mapped[int] = mapped_column(Integer)
    last_error: Mapped[str | None] = mapped_column(Text)
    handled_at: Mapped[Instant | None]


# Wakes whoever handles it, who listens for what is published.
_RECEIVE = text(
    """
    INSERT INTO webhook_inbox
        (id, source, external_id, body, received_at, next_attempt_at, attempts)
    VALUES (:id, :source, :external_id, :body, :now, :now, 0)
    ON CONFLICT (source, external_id) DO NOTHING RETURNING pg_notify(:channel, '')
    """
)


def receive(tx: Transaction, *, source: str, external_id: str, body: bytes) -> bool:
    """Store a verified message; `False` when this id was received before."""
    received = tx.session.execute(
        _RECEIVE,
        {
            "id": tx.new_id("inb"),
            "source": source,
            "external_id": external_id,
            "body": body,
            "now": tx.now,
            "channel": OUTBOX_CHANNEL,
        },
    )
    return received.first() is not None


# Materialized, because a plan that ran the subquery again would take more than the limit.
_CLAIM = text(
    """
    WITH due AS MATERIALIZED (
        SELECT id FROM webhook_inbox
        WHERE handled_at IS NULL AND next_attempt_at <= :now AND source = ANY(:sources)
        ORDER BY next_attempt_at LIMIT :limit
        FOR UPDATE SKIP LOCKED)
    UPDATE webhook_inbox SET next_attempt_at = :until, attempts = attempts + 1
    FROM due WHERE webhook_inbox.id = due.id
    RETURNING webhook_inbox.id, source, external_id, body, attempts
    """
)
_RENEW = text(
    "UPDATE webhook_inbox SET next_attempt_at = :until"
    " WHERE id = :id AND attempts = :attempts AND handled_at IS NULL"
)
_HANDLED = text(
    """
    UPDATE webhook_inbox SET handled_at = :now, last_error = NULL
    FROM unnest(CAST(:ids AS text[]), CAST(:attempts AS integer[])) AS mine (id, attempts)
    WHERE webhook_inbox.id = mine.id AND webhook_inbox.attempts = mine.attempts
      AND handled_at IS NULL
    """
)
_FAILED = text(
    "UPDATE webhook_inbox SET next_attempt_at = :at, last_error = :error"
    " WHERE id = :id AND attempts = :attempts AND handled_at IS NULL"
)


_STATEMENTS = Statements(claim=_CLAIM, renew=_RENEW, done=_HANDLED, failed=_FAILED)


@dataclass(frozen=True, slots=True)
class _Claimed:
    id: str
    source: str
    external_id: str
    body: bytes
    attempts: int
    claimed_at: datetime

    def __str__(self) -> str:
        return f"message {self.external_id} from {self.source}"


class InboxSweeper:
    """Handles whatever has arrived and is due, also what a crashed process left behind."""

    def __init__(self, engine: Engine, handlers: Mapping[str, InboxHandler], clock: Clock) -> None:
        self._handlers = handlers
        self._leases = Leases(
            engine,
            clock,
            _STATEMENTS,
            lease_seconds=LEASE_SECONDS,
            max_backoff_seconds=MAX_BACKOFF_SECONDS,
        )

    def sweep(self, *, limit: int = 50) -> int:
        """Handle one batch; returns how many were handled."""
        now, rows = self._leases.claim(limit, sources=list(self._handlers))
        batch = [
            _Claimed(r.id, r.source, r.external_id, bytes(r.body), r.attempts, now) for r in rows
        ]
        return self._leases.work(batch, self._handle)

    def _handle(self, row: _Claimed) -> None:
        self._handlers[row.source](row.external_id, row.body)
