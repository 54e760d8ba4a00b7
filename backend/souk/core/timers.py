"""Timers: rows with a due instant and the clock that judges it, never memory.

`clock` is `wall`, or `chain:<id>` for whatever the escrow contract judges by block time. A timer
is known by (kind, subject): scheduling it again moves it. Its handler runs in transactions of
its own, is idempotent, and may schedule the same timer again.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Engine, Index, Integer, Text, TextClause, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, mapped_column

from souk.core.clock import Clock
from souk.core.db import Base, Id, Instant, autocommit
from souk.core.unit_of_work import Transaction

_log = logging.getLogger(__name__)

WALL = "wall"
LEASE_SECONDS = 10
MAX_BACKOFF_SECONDS = 300

TimerHandler = Callable[[str], None]
"""Called with the timer's subject."""


def chain_clock(chain_id: int) -> str:
    """The name of a chain's clock."""
    return f"chain:{chain_id}"


def chain_of(clock: str) -> int | None:
    """The chain whose clock this is; `None` for the wall's."""
    return None if clock == WALL else int(clock.removeprefix("chain:"))


class TimerRow(Base):
    """One thing that is to happen at an instant of one clock."""

    __tablename__ = "timer"
    __table_args__ = (
        UniqueConstraint("kind", "subject"),
        Index("ix_timer_due", "clock", "due_at", postgresql_where=text("done_at IS NULL")),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject: Mapped[Id]
    clock: Mapped[str]
    due_at: Mapped[Instant]
    generation: Mapped[int] = mapped_column(Integer)
    leased_until: Mapped[Instant | None]
    attempts: Mapped[int] = mapped_column(Integer)
    last_error: Mapped[str | None] = mapped_column(Text)
    done_at: Mapped[Instant | None]


_SCHEDULE = text(
    """
    INSERT INTO timer (id, kind, subject, clock, due_at, generation, attempts)
    VALUES (:id, :kind, :subject, :clock, :due_at, 1, 0)
    ON CONFLICT (kind, subject) DO UPDATE SET
        clock = excluded.clock, due_at = excluded.due_at, generation = timer.generation + 1,
        leased_until = NULL, attempts = 0, last_error = NULL, done_at = NULL
    """
)
_CANCEL = text(
    "UPDATE timer SET done_at = :now, generation = generation + 1"
    " WHERE kind = :kind AND subject = :subject AND done_at IS NULL"
)
# The lease is judged by wall time whatever clock the timer runs on: it guards against a crash.
# Materialized, because a plan that ran the subquery again would take more than the limit.
_CLAIM = text(
    """
    WITH due AS MATERIALIZED (
        SELECT id FROM timer
        WHERE done_at IS NULL AND clock = :clock AND due_at <= :reached
          AND (leased_until IS NULL OR leased_until < :now)
        ORDER BY due_at LIMIT :limit
        FOR UPDATE SKIP LOCKED)
    UPDATE timer SET leased_until = :until, attempts = attempts + 1
    FROM due WHERE timer.id = due.id
    RETURNING timer.id, kind, subject, generation, attempts
    """
)
# A timer that was cancelled, moved or claimed by another since it was claimed here does not fire.
_STILL_DUE = text(
    "UPDATE timer SET leased_until = :until"
    " WHERE id = :id AND generation = :generation AND attempts = :attempts AND done_at IS NULL"
)
# A handler that scheduled its own timer again has raised the generation; then it is not done.
_DONE = text(
    "UPDATE timer SET done_at = :now, leased_until = NULL, last_error = NULL"
    " WHERE id = :id AND generation = :generation"
)
_FAILED = text(
    "UPDATE timer SET leased_until = :at, last_error = :error"
    " WHERE id = :id AND generation = :generation"
)


def schedule(tx: Transaction, *, kind: str, subject: str, clock: str, due_at: datetime) -> None:
    """Set or move the timer (kind, subject)."""
    values = {"kind": kind, "subject": subject, "clock": clock, "due_at": due_at}
    tx.session.execute(_SCHEDULE, {"id": tx.new_id("tmr"), **values})


def cancel(tx: Transaction, *, kind: str, subject: str) -> None:
    """Make the timer (kind, subject) never fire; harmless when there is none."""
    tx.session.execute(_CANCEL, {"kind": kind, "subject": subject, "now": tx.now})


class Due(NamedTuple):
    """An instant of one clock."""

    clock: str
    at: datetime


def find_due(tx: Transaction, *, kind: str, subject: str) -> Due | None:
    """When the timer (kind, subject) is to fire, `None` when it never will. Its handler asks under
    its own lock, because the timer may have been moved since it was claimed."""
    row = tx.session.execute(
        select(TimerRow.clock, TimerRow.due_at).where(
            TimerRow.kind == kind, TimerRow.subject == subject, TimerRow.done_at.is_(None)
        )
    ).one_or_none()
    return None if row is None else Due(row.clock, row.due_at)


class TimerSweeper:
    """Fires what is due."""

    def __init__(self, engine: Engine, handlers: Mapping[str, TimerHandler], clock: Clock) -> None:
        self._engine = autocommit(engine)
        self._handlers = handlers
        self._clock = clock

    def sweep(self, clock_name: str, reached: datetime, *, limit: int = 50) -> int:
        """Fire the timers of one clock that are due at `reached`; returns how many ran well."""
        now = self._clock.now()
        claim = {
            "clock": clock_name,
            "reached": reached,
            "now": now,
            "until": self._lease_end(),
            "limit": limit,
        }
        with self._engine.connect() as connection:
            rows = connection.execute(_CLAIM, claim).all()
        return sum(
            self._fire(row.id, row.kind, row.subject, row.generation, row.attempts) for row in rows
        )

    def _fire(self, row_id: str, kind: str, subject: str, generation: int, tries: int) -> int:
        key = {"id": row_id, "generation": generation}
        if not self._mark(_STILL_DUE, {**key, "attempts": tries, "until": self._lease_end()}):
            return 0
        try:
            self._handlers[kind](subject)
        except Exception as error:
            _log.exception("timer %s for %s failed", kind, subject)
            at = self._clock.now() + timedelta(seconds=min(2**tries, MAX_BACKOFF_SECONDS))
            described = f"{type(error).__name__}: {error}"[:2000]
            self._mark(_FAILED, {**key, "at": at, "error": described})
            return 0
        self._mark(_DONE, {**key, "now": self._clock.now()})
        return 1

    def _lease_end(self) -> datetime:
        return self._clock.now() + timedelta(seconds=LEASE_SECONDS)

    def _mark(self, statement: TextClause, values: Mapping[str, object]) -> int:
        with self._engine.connect() as connection:
            return connection.execute(statement, values).rowcount
