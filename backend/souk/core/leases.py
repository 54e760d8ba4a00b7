"""Rows that wait to be worked on: claimed by a lease, handed to whoever works on them, and marked.

The work opens transactions of its own and a claim must hold no lock meanwhile; a process that dies
leaves a row that is due again when the lease is over. Each claim counts one attempt, so that this
number says whose claim still holds.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from sqlalchemy import Engine, Row, TextClause

from souk.core.clock import Clock
from souk.core.db import autocommit

_log = logging.getLogger(__name__)


class Claimed(Protocol):
    """A row that is ours until its lease is over; its text names it in the log."""

    @property
    def id(self) -> str: ...

    @property
    def attempts(self) -> int: ...

    @property
    def claimed_at(self) -> datetime: ...


C = TypeVar("C", bound=Claimed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """What a queue runs, each about rows that are claimed and not done: to `claim` the due ones, to
    `renew` the lease of one, to mark many as `done`, to note of one that it has `failed`."""

    claim: TextClause
    renew: TextClause
    done: TextClause
    failed: TextClause


class Leases:
    """One queue."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        statements: Statements,
        *,
        lease_seconds: float,
        max_backoff_seconds: float,
    ) -> None:
        self._engine = autocommit(engine)
        self._clock = clock
        self._statements = statements
        self._lease = timedelta(seconds=lease_seconds)
        self._max_backoff = max_backoff_seconds

    def claim(self, limit: int, **values: object) -> tuple[datetime, Sequence[Row[Any]]]:
        """Claim rows that are due; with the instant from which the lease runs."""
        now = self._clock.now()
        asked = {"now": now, "until": now + self._lease, "limit": limit, **values}
        with self._engine.connect() as connection:
            return now, connection.execute(self._statements.claim, asked).all()

    def work(self, batch: Sequence[C], act: Callable[[C], None]) -> int:
        """Have each row worked on; how many are done. That they are is written once for as many as
        half a lease had time for: each in a transaction of its own would take longer than most of
        the work. Whoever dies before has them worked on again, as at any other moment."""
        marked, done = 0, list[C]()
        for row in batch:
            if self._is_mine(row) and self._try(row, act):
                done.append(row)
            if not self._is_fresh(row):
                marked += self._mark_done(done)
                done.clear()
        return marked + self._mark_done(done)

    def _try(self, row: C, act: Callable[[C], None]) -> bool:
        """A row whose work fails is kept, and tried again later and later."""
        try:
            act(row)
        except Exception as error:
            delay = min(2**row.attempts, self._max_backoff)
            _log.exception("%s failed, next try in %s s", row, delay)
            at = self._clock.now() + timedelta(seconds=delay)
            described = f"{type(error).__name__}: {error}"[:2000]
            self._mark(self._statements.failed, row, at=at, error=described)
            return False
        return True

    def _is_fresh(self, row: Claimed) -> bool:
        """Whether less than half of its lease has passed."""
        return self._clock.now() < row.claimed_at + self._lease / 2

    def _is_mine(self, row: Claimed) -> bool:
        """A row late in a batch may have waited for half its lease or longer: claim it anew, or
        leave it to whoever did so first."""
        if self._is_fresh(row):
            return True
        return self._mark(self._statements.renew, row, until=self._clock.now() + self._lease) == 1

    def _mark_done(self, rows: Sequence[Claimed]) -> int:
        if not rows:
            return 0
        claims = {"ids": [row.id for row in rows], "attempts": [row.attempts for row in rows]}
        asked = {"now": self._clock.now(), **claims}
        with self._engine.connect() as connection:
            return connection.execute(self._statements.done, asked).rowcount

    def _mark(self, statement: TextClause, row: Claimed, **values: object) -> int:
        asked = {"id": row.id, "attempts": row.attempts, **values}
        with self._engine.connect() as connection:
            return connection.execute(statement, asked).rowcount
