"""One kill: at which point of the story, of which part, and that it did happen."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

import psycopg
from psycopg import sql

from tests.support.kill_points import Victim, part_of
from tests.support.kill_world import KillWorld
from tests.support.waiting import eventually

T = TypeVar("T")


class KillBlow:
    """Strikes once, when the story comes by its point. `passed` are the points it came by."""

    def __init__(self, world: KillWorld, point: str, victim: Victim) -> None:
        self._world = world
        self._point = point
        self._killed: frozenset[int] = frozenset()
        self.victim = victim
        self.part = part_of(victim, point)
        self.passed: list[str] = []
        world.parts.await_patience(self.part)

    @property
    def struck(self) -> bool:
        """Whether it has happened."""
        return bool(self._killed)

    def chosen(self, point: str) -> bool:
        """Whether this is the point."""
        return point == self._point

    def at(self, point: str) -> None:
        """The story is at a point between two steps."""
        self.passed.append(point)
        if self.chosen(point):
            self._strike()

    def during(self, tables: Mapping[str, str], act: Callable[[], T]) -> T:
        """Take a step that has points inside: at each, what the step writes next is the given
        table. The step is held up right there, by a lock, until the blow has fallen."""
        self.passed.extend(tables)
        if self._point not in tables:
            return act()
        locked = sql.SQL("LOCK TABLE {} IN SHARE MODE").format(sql.Identifier(tables[self._point]))
        with (
            ThreadPoolExecutor(1) as side,
            psycopg.connect(self._world.database_url) as holder,
        ):
            holder.execute(locked)
            taken = side.submit(act)
            self._await_arrival(holder)
            self._strike()
            holder.rollback()
            return taken.result()

    def holding(self, part: str, *points: str) -> AbstractContextManager[None]:
        """Keep a part from working at these points, so that they do not pass unseen."""
        chosen = self._point in points
        return self._world.parts.frozen(part) if chosen else nullcontext()

    def await_return(self) -> float:
        """Wait until the part was started again; the seconds that this took from now on."""
        return self._world.parts.await_return(self.part, self._killed)

    def _strike(self) -> None:
        self._killed = self._world.parts.kill(self.part)

    def _await_arrival(self, holder: psycopg.Connection) -> None:
        """Wait until a statement of the product waits for the lock."""
        waiting = (
            "SELECT count(*) FROM pg_locks w JOIN pg_locks h USING (relation)"
            " WHERE NOT w.granted AND h.granted AND h.pid = %s"
        )
        me = holder.info.backend_pid
        eventually(lambda: self._world.value(waiting, me), what="the step to be half done")
