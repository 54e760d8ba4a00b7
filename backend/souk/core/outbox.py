"""The outbox: facts written in the transaction that made them true, delivered afterwards.

Delivery is at least once and, per aggregate, in order. A row is claimed by a lease, because a
handler opens transactions of its own and the claim must not hold locks meanwhile. Rows are
found by being undelivered, never by "id greater than the last": sequence order is not commit
order, and such a cursor skips the row whose transaction commits late.
"""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Engine, Identity, Index, Integer, Text, TextClause, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from souk.core.clock import Clock
from souk.core.db import Base, Id, Instant, autocommit
from souk.core.events import Event, HandlerRegistry, Origin

_log = logging.getLogger(__name__)

OUTBOX_CHANNEL = "souk_outbox"
LEASE_SECONDS = 10
MAX_BACKOFF_SECONDS = 60


class OutboxRow(Base):
    """One fact on its way out."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_undelivered",
            "aggregate",
            "sequence",
            postgresql_where=text("delivered_at IS NULL"),
        ),
        Index("ix_outbox_queue", "sequence", postgresql_where=text("delivered_at IS NULL")),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    aggregate: Mapped[Id]
    name: Mapped[str]
    version: Mapped[int] = mapped_column(Integer)
    payload: Mapped[dict[str, object]] = mapped_column(JSONB)
    created_at: Mapped[Instant]
    next_attempt_at: Mapped[Instant]
    attempts: Mapped[int] = mapped_column(Integer)
    last_error: Mapped[str | None] = mapped_column(Text)
    delivered_at: Mapped[Instant | None]


# Numbered in the order in which they were told, by one statement that also wakes whoever listens:
# PostgreSQL folds the notes of a transaction into one.
_APPEND = text(
    """
    INSERT INTO outbox
        (id, aggregate, name, version, payload, created_at, next_attempt_at, attempts)
    SELECT told ->> 'id', told ->> 'aggregate', told ->> 'name', (told ->> 'version')::int,
           told -> 'payload', :now, :now, 0
    FROM jsonb_array_elements(CAST(:facts AS jsonb)) WITH ORDINALITY AS facts (told, place)
    ORDER BY place
    RETURNING pg_notify(:channel, '')
    """
)


def append(session: Session, facts: Sequence[tuple[str, Event]], now: datetime) -> None:
    """Write facts with their ids, in their order; they leave if the transaction commits."""
    told = [
        {
            "id": fact_id,
            "aggregate": event.aggregate,
            "name": event.name,
            "version": event.version,
            "payload": event.to_payload(),
        }
        for fact_id, event in facts
    ]
    session.execute(_APPEND, {"facts": json.dumps(told), "now": now, "channel": OUTBOX_CHANNEL})


@dataclass(frozen=True, slots=True)
class _Claimed:
    id: str
    name: str
    version: int
    payload: dict[str, object]
    attempts: int
    created_at: datetime
    claimed_at: datetime


# The oldest undelivered row of each aggregate, if it is due. A leased row has its next attempt
# in the future, so it is passed over, and so are the later rows of its aggregate. What nobody reads
# is thereby delivered. Materialized, because a plan that ran the subquery again would skip the rows
# it has just locked and take more. What was delivered stays in the index until it is vacuumed: from
# the first row that was not there is little of that, while before it there may be thousands. With
# `+ 0` only the index by aggregate fits: the other would have a long queue read for each row.
_CLAIM = text(
    """
    WITH due AS MATERIALIZED (
        SELECT head.id FROM outbox AS head
        WHERE head.delivered_at IS NULL AND head.next_attempt_at <= :now
          AND head.sequence >= (SELECT min(sequence) FROM outbox WHERE delivered_at IS NULL)
          AND NOT EXISTS (
              SELECT 1 FROM outbox AS earlier
              WHERE earlier.aggregate = head.aggregate AND earlier.sequence + 0 < head.sequence
                AND earlier.delivered_at IS NULL)
        ORDER BY head.sequence LIMIT :limit
        FOR UPDATE SKIP LOCKED)
    UPDATE outbox SET next_attempt_at = :until, attempts = attempts + 1,
        delivered_at = CASE WHEN name = ANY(:read) THEN NULL ELSE CAST(:now AS timestamptz) END
    FROM due WHERE outbox.id = due.id
    RETURNING outbox.id, name, version, payload, attempts, created_at, sequence, delivered_at
    """
)
# Each claim counts one attempt, so that this number says whose claim still holds. A relay that
# was slow must not hand out a fact again behind its successors, nor touch the row of another.
_RENEW = text(
    "UPDATE outbox SET next_attempt_at = :until"
    " WHERE id = :id AND attempts = :attempts AND delivered_at IS NULL"
)
_DELIVERED = text(
    """
    UPDATE outbox SET delivered_at = :now, last_error = NULL
    FROM unnest(CAST(:ids AS text[]), CAST(:attempts AS integer[])) AS mine (id, attempts)
    WHERE outbox.id = mine.id AND outbox.attempts = mine.attempts AND delivered_at IS NULL
    """
)
_FAILED = text(
    "UPDATE outbox SET next_attempt_at = :at, last_error = :error"
    " WHERE id = :id AND attempts = :attempts AND delivered_at IS NULL"
)


class OutboxRelay:
    """Hands undelivered facts to their handlers, a batch at a time."""

    def __init__(self, engine: Engine, registry: HandlerRegistry, clock: Clock) -> None:
        self._engine = autocommit(engine)
        self._registry = registry
        self._clock = clock

    def drain(self, *, limit: int = 50, keep_on: Callable[[], bool] = lambda: True) -> int:
        """Deliver until nothing is due or `keep_on` says stop; returns how many were delivered."""
        delivered = 0
        while keep_on():
            claimed, done = self._deliver_batch(limit)
            if not claimed:
                return delivered
            delivered += done
        return delivered

    def deliver_due(self, *, limit: int = 50) -> int:
        """Deliver one batch; returns how many were due, whether or not their handlers failed."""
        return self._deliver_batch(limit)[0]

    def _deliver_batch(self, limit: int) -> tuple[int, int]:
        """How many were due, and how many of them were delivered."""
        unread, batch = self._claim(limit)
        return unread + len(batch), unread + self._deliver(batch)

    def _claim(self, limit: int) -> tuple[int, list[_Claimed]]:
        """How many were due that nobody reads, and the others."""
        now = self._clock.now()
        until = now + timedelta(seconds=LEASE_SECONDS)
        claim = {"now": now, "until": until, "limit": limit, "read": list(self._registry.names)}
        with self._engine.connect() as connection:
            rows = connection.execute(_CLAIM, claim).all()
        read = sorted((r for r in rows if r.delivered_at is None), key=lambda row: row.sequence)
        batch = [
            _Claimed(r.id, r.name, r.version, r.payload, r.attempts, r.created_at, now)
            for r in read
        ]
        return len(rows) - len(read), batch

    def _deliver(self, batch: Sequence[_Claimed]) -> int:
        """Hand a batch out; how many were delivered. That they were is written once for as many as
        half a lease had time for: each in a transaction of its own would take longer than most
        handlers. A relay that dies before has them handed out again, as at any other moment."""
        delivered, handed_out = 0, list[_Claimed]()
        for row in batch:
            if self._is_mine(row) and self._hand_out(row):
                handed_out.append(row)
            if not self._is_fresh(row):
                delivered += self._mark_delivered(handed_out)
                handed_out.clear()
        return delivered + self._mark_delivered(handed_out)

    def _hand_out(self, row: _Claimed) -> bool:
        """Whether all who read it have."""
        try:
            origin = Origin(row.id, row.created_at)
            self._registry.dispatch(row.name, row.version, row.payload, origin)
        except Exception as error:
            self._postpone(row, error)
            return False
        return True

    def _is_fresh(self, row: _Claimed) -> bool:
        """Whether less than half of its lease has passed."""
        return self._clock.now() < row.claimed_at + timedelta(seconds=LEASE_SECONDS / 2)

    def _is_mine(self, row: _Claimed) -> bool:
        """A row late in a batch may have waited for half its lease or longer: claim it anew, or
        leave it to the relay that did so first."""
        if self._is_fresh(row):
            return True
        until = self._clock.now() + timedelta(seconds=LEASE_SECONDS)
        return self._mark(_RENEW, row, until=until) == 1

    def _mark_delivered(self, rows: Sequence[_Claimed]) -> int:
        if not rows:
            return 0
        claims = {"ids": [row.id for row in rows], "attempts": [row.attempts for row in rows]}
        with self._engine.connect() as connection:
            return connection.execute(_DELIVERED, {"now": self._clock.now(), **claims}).rowcount

    def _mark(self, statement: TextClause, row: _Claimed, **values: object) -> int:
        key = {"id": row.id, "attempts": row.attempts}
        with self._engine.connect() as connection:
            return connection.execute(statement, {**key, **values}).rowcount

    def _postpone(self, row: _Claimed, error: Exception) -> None:
        """A handler that fails keeps its row, and its aggregate waits: order matters more."""
        delay = min(2**row.attempts, MAX_BACKOFF_SECONDS)
        _log.exception("event %s (%s) failed, next try in %s s", row.id, row.name, delay)
        at = self._clock.now() + timedelta(seconds=delay)
        described = f"{type(error).__name__}: {error}"[:2000]
        self._mark(_FAILED, row, at=at, error=described)

    def oldest_undelivered_at(self) -> datetime | None:
        """When the oldest fact still waiting was written; `None` when nothing waits."""
        with self._engine.connect() as connection:
            oldest: datetime | None = connection.execute(
                text("SELECT min(created_at) FROM outbox WHERE delivered_at IS NULL")
            ).scalar_one()
        return oldest
