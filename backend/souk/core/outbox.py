"""The outbox: facts written in the transaction that made them true, delivered afterwards.

Delivery is at least once and, per aggregate, in order. A row is claimed by a lease, because a
handler opens transactions of its own and the claim must not hold locks meanwhile. Rows are
found by being undelivered, never by "id greater than the last": sequence order is not commit
order, and such a cursor skips the row whose transaction commits late.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Engine, Identity, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from souk.core.clock import Clock
from souk.core.db import Base, Id, Instant
from souk.core.events import Event, HandlerRegistry, Origin
from souk.core.leases import Leases, Statements

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


# Numbered in the order in which they were told, by one statement that also wakes whoever listens.
_APPEND = text(
    """
    WITH appended AS (
        INSERT INTO outbox
            (id, aggregate, name, version, payload, created_at, next_attempt_at, attempts)
        SELECT told ->> 'id', told ->> 'aggregate', told ->> 'name', (told ->> 'version')::int,
               told -> 'payload', :now, :now, 0
        FROM jsonb_array_elements(CAST(:facts AS jsonb)) WITH ORDINALITY AS facts (told, place)
        ORDER BY place)
    SELECT pg_notify(:channel, '')
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


def waiting_aggregates(session: Session) -> set[str]:
    """Those of which facts are on their way that have not been handled yet."""
    return set(session.scalars(text("SELECT aggregate FROM outbox WHERE delivered_at IS NULL")))


@dataclass(frozen=True, slots=True)
class _Claimed:
    id: str
    name: str
    version: int
    payload: dict[str, object]
    attempts: int
    created_at: datetime
    claimed_at: datetime

    def __str__(self) -> str:
        return f"event {self.id} ({self.name})"


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
# A relay that was slow must not hand out a fact again behind its successors, nor touch the row of
# another.
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


_STATEMENTS = Statements(claim=_CLAIM, renew=_RENEW, done=_DELIVERED, failed=_FAILED)


class OutboxRelay:
    """Hands undelivered facts to their handlers, a batch at a time. A handler that fails keeps its
    row, and its aggregate waits: order matters more."""

    def __init__(self, engine: Engine, registry: HandlerRegistry, clock: Clock) -> None:
        self._engine = engine
        self._registry = registry
        self._leases = Leases(
            engine,
            clock,
            _STATEMENTS,
            lease_seconds=LEASE_SECONDS,
            max_backoff_seconds=MAX_BACKOFF_SECONDS,
        )

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
        return unread + len(batch), unread + self._leases.work(batch, self._hand_out)

    def _claim(self, limit: int) -> tuple[int, list[_Claimed]]:
        """How many were due that nobody reads, and the others."""
        now, rows = self._leases.claim(limit, read=list(self._registry.names))
        read = sorted((r for r in rows if r.delivered_at is None), key=lambda row: row.sequence)
        batch = [
            _Claimed(r.id, r.name, r.version, r.payload, r.attempts, r.created_at, now)
            for r in read
        ]
        return len(rows) - len(read), batch

    def _hand_out(self, row: _Claimed) -> None:
        origin = Origin(row.id, row.created_at)
        self._registry.dispatch(row.name, row.version, row.payload, origin)

    def oldest_undelivered_at(self) -> datetime | None:
        """When the oldest fact still waiting was written; `None` when nothing waits."""
        with self._engine.connect() as connection:
            oldest: datetime | None = connection.execute(
                text("SELECT min(created_at) FROM outbox WHERE delivered_at IS NULL")
            ).scalar_one()
        return oldest
