"""A database that goes away, and processes that die, between any two of its statements."""

from collections.abc import Callable

from psycopg import Connection as Driver
from sqlalchemy import Connection, Engine, event

from tests.support.simchain.trouble import STORAGE, Killed, Trouble

STATEMENTS = 30
COMMITS = 4
AT_COMMIT = frozenset(
    ("commit_lost", "commit_reply_lost", "killed_before_commit", "killed_after_commit")
)


class Storage:
    """Between a process and its database: what is prepared here happens at some statement or
    commit of the process, wherever in the code that is. One that is dead says nothing more."""

    def __init__(self, engine: Engine, trouble: Trouble) -> None:
        self._trouble = trouble
        self._kind: str | None = None
        self._left = 0
        self._dead = False
        event.listen(engine, "before_cursor_execute", self._before_statement)
        event.listen(engine, "commit", self._before_commit)

    def prepare(self, chance: float) -> None:
        """Something may go wrong with what is done next."""
        self._kind, self._dead = None, False
        for kind in self._trouble.draw(STORAGE, chance)[:1]:
            self.strike(kind, self._trouble.random.randrange(self._span(kind)))

    def strike(self, kind: str, after: int = 0) -> None:
        """Let this go wrong after so many statements, or commits."""
        self._kind, self._left = kind, after

    def die(self) -> None:
        """The process is dead: whatever it still tries fails."""
        self._dead = True
        raise Killed

    def _span(self, kind: str) -> int:
        return COMMITS if kind in AT_COMMIT else STATEMENTS

    def _before_statement(self, connection: Connection, *_statement: object) -> None:
        if self._dead:
            raise Killed
        if self._kind not in AT_COMMIT and self._is_due():
            _STATEMENT[self._strike()](self, _driver(connection))

    def _before_commit(self, connection: Connection) -> None:
        if self._dead:
            raise Killed
        if self._kind in AT_COMMIT and self._is_due():
            _COMMIT[self._strike()](self, _driver(connection))

    def _is_due(self) -> bool:
        self._left -= 1
        return self._kind is not None and self._left < 0

    def _strike(self) -> str:
        kind, self._kind = str(self._kind), None
        self._trouble.happened[kind] += 1
        return kind


Blow = Callable[[Storage, Driver[object]], None]


def _driver(connection: Connection) -> Driver[object]:
    found: Driver[object] = connection.connection.driver_connection
    return found


def _commit(driver: Driver[object]) -> None:
    """On the wire, past whoever waits for the answer."""
    driver.pgconn.exec_(b"COMMIT")


def _lose_reply(_storage: Storage, driver: Driver[object]) -> None:
    _commit(driver)
    driver.close()


def _die(storage: Storage, driver: Driver[object]) -> None:
    """The system closes what the dead held open."""
    driver.close()
    storage.die()


def _die_after(storage: Storage, driver: Driver[object]) -> None:
    _commit(driver)
    _die(storage, driver)


_STATEMENT: dict[str, Blow] = {
    "killed_at_statement": _die,
    "connection_lost": lambda _storage, driver: driver.close(),
}
_COMMIT: dict[str, Blow] = {
    "commit_lost": lambda _storage, driver: driver.close(),
    "commit_reply_lost": _lose_reply,
    "killed_before_commit": _die,
    "killed_after_commit": _die_after,
}
