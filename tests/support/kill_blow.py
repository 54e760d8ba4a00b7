"""One kill: at which point of the story, of which part, and that it did happen."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TypeVar

import psycopg
from psycopg import sql

from tests.support.kill_points import Victim, part_of
from tests.support.kill_world import KillWorld
from tests.support.waiting import eventually

T = TypeVar("T")

_WAITING = """
    SELECT count(*) FROM pg_locks w JOIN pg_locks h USING (relation)
    WHERE NOT w.granted AND h.granted AND h.pid = %s
"""


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
        with ThreadPoolExecutor(1) as side:
            with self._lock(tables[self._point]):
                taken = side.submit(act)
            return taken.result()

    @contextmanager
    def meanwhile(self, point: str, table: str) -> Iterator[None]:
        """The block makes a worker write to a table, and the point lies in the midst of that."""
        with self._lock(table) if self.chosen(point) else nullcontext():
            yield
        self.passed.append(point)

    def holding(self, part: str, *points: str) -> AbstractContextManager[None]:
        """Keep a part from working at these points, so that they do not pass unseen."""
        chosen = self._point in points
        return self._world.parts.frozen(part) if chosen else nullcontext()

    def await_return(self) -> float:
        """Wait until the part was started again; the seconds that this took from now on."""
        return self._world.parts.await_return(self.part, self._killed)

    def _strike(self) -> None:
        self._killed = self._world.parts.kill(self.part)

    @contextmanager
    def _lock(self, table: str) -> Iterator[None]:
        """Let nobody write to a table, strike once somebody waits for that, and let go."""
        locked = sql.SQL("LOCK TABLE {} IN SHARE MODE").format(sql.Identifier(table))
        with psycopg.connect(self._world.database_url) as holder:
            holder.execute(locked)
            yield
            me = holder.info.backend_pid
            eventually(lambda: self._world.value(_WAITING, me), what=f"{table} to be waited for")
            self._strike()
            holder.rollback()
