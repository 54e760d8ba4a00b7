"""The inbox: facts that arrive from outside, stored once, handled after the answer.

The receiver verifies the sender first, stores the raw body under the sender's own id, commits,
and answers 200. A repeat of the same id finds the row and adds nothing. Handling is claimed by
a lease, so that a crash between the two only delays it.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, Index, Integer, LargeBinary, Text, TextClause, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from souk.core.clock import Clock
from souk.core.db import Base, Id, Instant
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


def receive(tx: Transaction, *, source: str, external_id: str, body: bytes) -> bool:
    """Store a verified message; `False` when this id was received before."""
    statement = (
        insert(InboxRow)
        .values(
            id=tx.new_id("inb"),
            source=source,
            external_id=external_id,
            body=body,
            received_at=tx.now,
            next_attempt_at=tx.now,
            attempts=0,
        )
        .on_conflict_do_nothing(index_elements=["source", "external_id"])
        .returning(InboxRow.id)
    )
    return tx.session.execute(statement).first() is not None


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
    "UPDATE webhook_inbox SET handled_at = :now, last_error = NULL"
    " WHERE id = :id AND attempts = :attempts AND handled_at IS NULL"
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
        self._engine = engine
        self._handlers = handlers
        self._clock = clock

    def sweep(self, *, limit: int = 50) -> int:
        """Handle one batch; returns how many were handled."""
        now = self._clock.now()
        until = now + timedelta(seconds=LEASE_SECONDS)
        claim = {"now": now, "until": until, "limit": limit, "sources": list(self._handlers)}
        with self._engine.begin() as connection:
            rows = connection.execute(_CLAIM, claim).all()
        return sum(
            self._handle(_Claimed(r.id, r.source, r.external_id, bytes(r.body), r.attempts, now))
            for r in rows
        )

    def _handle(self, row: _Claimed) -> int:
        if not self._still_mine(row):
            return 0
        try:
            self._handlers[row.source](row.external_id, row.body)
        except Exception as error:
            _log.exception("message %s from %s failed", row.external_id, row.source)
            delay = min(2**row.attempts, MAX_BACKOFF_SECONDS)
            at = self._clock.now() + timedelta(seconds=delay)
            self._mark(_FAILED, row, at=at, error=f"{type(error).__name__}: {error}"[:2000])
            return 0
        return self._mark(_HANDLED, row, now=self._clock.now())

    def _still_mine(self, row: _Claimed) -> bool:
        """A row late in a batch may have waited for half its lease or longer: claim it anew, or
        leave it to the sweeper that did so first."""
        now = self._clock.now()
        if now < row.claimed_at + timedelta(seconds=LEASE_SECONDS / 2):
            return True
        return self._mark(_RENEW, row, until=now + timedelta(seconds=LEASE_SECONDS)) == 1

    def _mark(self, statement: TextClause, row: _Claimed, **values: object) -> int:
        key = {"id": row.id, "attempts": row.attempts}
        with self._engine.begin() as connection:
            return connection.execute(statement, {**key, **values}).rowcount
