"""The unit of work: rollback is the default, commit is written out by the use case."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import cached_property

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.orm import Session, sessionmaker

from souk.core.clock import Clock
from souk.core.db import autocommit, unavailable
from souk.core.events import Event
from souk.core.ids import Ids
from souk.core.outbox import append
from souk.core.transaction_guard import transaction_open

_ONE_MOMENT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


class NestedTransaction(RuntimeError):
    """A use case opened a unit of work inside another one. A defect."""


def _is_unavailability(error: SQLAlchemyError) -> bool:
    """Whether the same request may succeed later: the server is away or cut the connection, every
    connection is taken, or a lock or statement took too long."""
    if isinstance(error, OperationalError | InterfaceError | PoolExhausted):
        return True
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _close(session: Session) -> None:
    """Roll back what was not committed. When this finds the connection gone, the server has rolled
    back already, and whatever else is on its way to the caller is the better answer."""
    with suppress(OperationalError, InterfaceError):
        session.close()


class Transaction:
    """One database transaction: its session, its instant, its ids and its outgoing events."""

    def __init__(self, session: Session, clock: Clock, ids: Ids) -> None:
        self.session = session
        self.now: datetime = clock.now()
        self._ids = ids
        self._facts: list[tuple[str, Event]] = []

    def new_id(self, prefix: str) -> str:
        """A fresh TypeID."""
        return self._ids.new(prefix)

    def age(self, instant: datetime) -> timedelta:
        """How long ago that was by the wall clock: for pacing our own work, never for what a
        contract judges by its chain's."""
        return self.now - instant

    def after(self, wait: timedelta) -> datetime:
        """When so much more time has passed by the wall clock: like `age`, for pacing our own work
        alone."""
        return self.now + wait

    def publish(self, event: Event) -> None:
        """Have a fact leave by the outbox if and only if this transaction commits."""
        self._facts.append((self.new_id("evt"), event))

    def commit(self) -> None:
        """Make everything durable. Only a service calls this, once, as its last line."""
        self.session.flush()
        if self._facts:
            append(self.session, self._facts, self.now)
        self._finish()

    def _finish(self) -> None:
        self.session.commit()


class NothingToCommit(RuntimeError):
    """What was done at once cannot be committed, or followed by events. A defect."""


class Autocommit(Transaction):
    """Statements each of which takes effect by itself."""

    def publish(self, event: Event) -> None:
        """Refused: an event leaves with a transaction."""
        raise NothingToCommit(f"{event.name} must be published in a transaction")

    def commit(self) -> None:
        """Refused: there is nothing to commit."""
        raise NothingToCommit("every statement has taken effect by itself")


class UnitOfWork:
    """Opens transactions."""

    def __init__(self, sessions: sessionmaker[Session], clock: Clock, ids: Ids) -> None:
        self._sessions = sessions
        self._clock = clock
        self._ids = ids

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """A transaction that is rolled back unless the block calls `commit`.

        Raises `DatabaseUnavailable` when the connection is lost or cannot be made, `DatabaseBusy`
        when a statement or a lock took too long. When the connection is lost during the commit
        itself the outcome is unknown; every use case may be repeated, because unique keys make its
        second run find what the first one did.
        """
        with self._open(self._sessions) as session:
            yield self._transaction(session)

    @contextmanager
    def autocommit(self) -> Iterator[Transaction]:
        """For looks, and for work of a single statement: each takes effect by itself, at a third of
        the cost of a transaction. Raises what `begin` does."""
        with self._open(self._autocommit_sessions) as session:
            yield Autocommit(session, self._clock, self._ids)

    @contextmanager
    def snapshot(self) -> Iterator[Transaction]:
        """A transaction that sees one moment of the database however long it looks, and can write
        nothing. Raises what `begin` does."""
        with self._open(self._sessions) as session:
            session.connection(execution_options=_ONE_MOMENT)
            yield self._transaction(session)

    @contextmanager
    def _open(self, sessions: Callable[[], Session]) -> Iterator[Session]:
        if transaction_open.get():
            raise NestedTransaction("a use case is already inside a unit of work")
        session = sessions()
        token = transaction_open.set(True)
        try:
            yield session
        except SQLAlchemyError as error:
            if not _is_unavailability(error):
                raise
            raise unavailable(error.orig if isinstance(error, DBAPIError) else error) from error
        finally:
            _close(session)
            transaction_open.reset(token)

    @cached_property
    def _autocommit_sessions(self) -> sessionmaker[Session]:
        return sessionmaker(autocommit(self._sessions.kw["bind"]))

    def _transaction(self, session: Session) -> Transaction:
        return Transaction(session, self._clock, self._ids)
