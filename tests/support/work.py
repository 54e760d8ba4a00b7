"""A unit of work inside one outer transaction that the test rolls back."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session, sessionmaker

from souk.core.clock import Clock
from souk.core.ids import Ids
from souk.core.unit_of_work import Autocommit, Transaction, UnitOfWork

_DEFERRED = text(
    "SELECT DISTINCT format('%I.%I', n.nspname, c.conname) FROM pg_constraint c"
    " JOIN pg_namespace n ON n.oid = c.connamespace WHERE c.condeferrable AND c.condeferred"
)


_known: dict[Engine, str] = {}


def _checked(session: Session) -> str:
    """What checks the constraints that wait for a commit, and lets them wait again; the same ones
    in all tests of a database. In one message, as it is sent thousands of times."""
    engine = session.connection().engine
    if engine not in _known:
        deferred = ", ".join(session.scalars(_DEFERRED))
        again = f"; SET CONSTRAINTS {deferred} DEFERRED" if deferred else ""
        _known[engine] = f"SET CONSTRAINTS ALL IMMEDIATE{again}"
    return _known[engine]


class SavepointTransaction(Transaction):
    """Commits into the outer transaction, and checks what a real commit would check: a deferred
    constraint never fires in a transaction that is rolled back."""

    def _finish(self) -> None:
        self.session.connection().exec_driver_sql(_checked(self.session))
        self.session.commit()


class SavepointWork(UnitOfWork):
    """Opens savepoints of one outer transaction."""

    def __init__(self, connection: Connection, clock: Clock, ids: Ids) -> None:
        super().__init__(
            sessionmaker(connection, join_transaction_mode="create_savepoint"), clock, ids
        )
        self._test_clock, self._test_ids = clock, ids

    @contextmanager
    def autocommit(self) -> Iterator[Transaction]:
        """Kept, like all that takes effect by itself, until the outer transaction ends."""
        with self._open(self._sessions) as session:
            yield Autocommit(session, self._test_clock, self._test_ids)
            self._transaction(session).commit()

    def _transaction(self, session: Session) -> Transaction:
        return SavepointTransaction(session, self._test_clock, self._test_ids)


@contextmanager
def rolled_back(engine: Engine) -> Iterator[Connection]:
    """A connection in a transaction that leaves no trace."""
    with engine.connect() as connection:
        outer = connection.begin()
        try:
            yield connection
        finally:
            outer.rollback()
