"""The inbox: facts that arrive from outside, stored once, handled after the answer.

The receiver verifies the sender first, stores the raw body under the sender's own id, commits,
and answers 200. A repeat of the same id finds the row and adds nothing. Handling is claimed by
a lease, so that a crash between the two only delays it.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, Index, Integer, LargeBinary, Text, TextClause, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from souk.core.clock import Clock
from souk.core.db import Base, Id, Instant, autocommit
from souk.core.outbox import OUTBOX_CHANNEL
from souk.core.unit_of_work import Transaction

_log = logging.getLogger(__name__)

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
# Each claim counts one attempt, so that this number says whose claim still holds.
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


@dataclass(frozen=True, slots=True)
class _Claimed:
    id: str
    source: str
    external_id: str
    body: bytes
    attempts: int
    claimed_at: datetime


class InboxSweeper:
    """Handles whatever has arrived and is due, also what a crashed process left behind."""

    def __init__(self, engine: Engine, handlers: Mapping[str, InboxHandler], clock: Clock) -> None:
        self._engine = autocommit(engine)
        self._handlers = handlers
        self._clock = clock

    def sweep(self, *, limit: int = 50) -> int:
        """Handle one batch; returns how many were handled."""
        now = self._clock.now()
        until = now + timedelta(seconds=LEASE_SECONDS)
        claim = {"now": now, "until": until, "limit": limit, "sources": list(self._handlers)}
        with self._engine.connect() as connection:
            rows = connection.execute(_CLAIM, claim).all()
        return self._handle(
            [_Claimed(r.id, r.source, r.external_id, bytes(r.body), r.attempts, now) for r in rows]
        )

    def _handle(self, batch: Sequence[_Claimed]) -> int:
        """How many were handled; that they were is written as the relay of the outbox does."""
        handled, done = 0, list[_Claimed]()
        for row in batch:
            if self._is_mine(row) and self._try(row):
                done.append(row)
            if not self._is_fresh(row):
                handled += self._mark_handled(done)
                done.clear()
        return handled + self._mark_handled(done)

    def _try(self, row: _Claimed) -> bool:
        try:
            self._handlers[row.source](row.external_id, row.body)
        except Exception as error:
            _log.exception("message %s from %s failed", row.external_id, row.source)
            delay = min(2**row.attempts, MAX_BACKOFF_SECONDS)
            at = self._clock.now() + timedelta(seconds=delay)
            self._mark(_FAILED, row, at=at, error=f"{type(error).__name__}: {error}"[:2000])
            return False
        return True

    def _is_fresh(self, row: _Claimed) -> bool:
        """Whether less than half of its lease has passed."""
        return self._clock.now() < row.claimed_at + timedelta(seconds=LEASE_SECONDS / 2)

    def _is_mine(self, row: _Claimed) -> bool:
        """A row late in a batch may have waited for half its lease or longer: claim it anew, or
        leave it to the sweeper that did so first."""
        if self._is_fresh(row):
            return True
        until = self._clock.now() + timedelta(seconds=LEASE_SECONDS)
        return self._mark(_RENEW, row, until=until) == 1

    def _mark_handled(self, rows: Sequence[_Claimed]) -> int:
        if not rows:
            return 0
        claims = {"ids": [row.id for row in rows], "attempts": [row.attempts for row in rows]}
        with self._engine.connect() as connection:
            return connection.execute(_HANDLED, {"now": self._clock.now(), **claims}).rowcount

    def _mark(self, statement: TextClause, row: _Claimed, **values: object) -> int:
        key = {"id": row.id, "attempts": row.attempts}
        with self._engine.connect() as connection:
            return connection.execute(statement, {**key, **values}).rowcount
