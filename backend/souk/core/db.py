"""PostgreSQL: the table registry, column types, engines, and the async read side.

Commands are synchronous over SQLAlchemy; hot reads are asynchronous over psycopg's pool, compose
their JSON in PostgreSQL and never write.
"""

import json
import select as polling
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar, cast

from psycopg import AsyncConnection, Connection, errors
from psycopg import InterfaceError as PsycopgInterfaceError
from psycopg import OperationalError as PsycopgOperationalError
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.pq import TransactionStatus
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import (
    ColumnElement,
    DateTime,
    Engine,
    Insert,
    MetaData,
    Numeric,
    Table,
    Text,
    bindparam,
    create_engine,
    event,
    func,
    insert,
    literal_column,
    select,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

from souk.core.errors import DatabaseBusy, DatabaseUnavailable

# Bounds that end a forgotten statement or transaction before it can hold up the others.
_SESSION_OPTIONS = (
    "-c timezone=UTC -c lock_timeout=10s -c statement_timeout=30s"
    " -c idle_in_transaction_session_timeout=60s"
)

_RECONNECT_SECONDS = 2.0
_PREPARED = 500


_TOOK_TOO_LONG = (
    errors.QueryCanceled,
    errors.LockNotAvailable,
    errors.DeadlockDetected,
    errors.SerializationFailure,
)


T = TypeVar("T")


def required(value: T | None) -> T:
    """The value of a column that only rows of another kind leave empty. Raises `ValueError`."""
    if value is None:
        raise ValueError("a row lacks what every row of its kind has")
    return value


def unavailable(cause: BaseException | None) -> DatabaseUnavailable:
    """What to tell of a failure after which the same request may succeed. A server that gave up
    what it was asked is not away, and whoever looks for the reason must not look there."""
    if isinstance(cause, _TOOK_TOO_LONG):
        return DatabaseBusy(
            "the database took too long over this; nothing was lost, try again in a moment"
        )
    return DatabaseUnavailable(
        "the database cannot be reached; nothing was lost, try again in a moment"
    )


class AmountColumn(TypeDecorator[int]):
    """A whole number of smallest units: NUMERIC(78,0) holds any uint256."""

    impl = Numeric(78, 0)
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> Decimal | None:
        """Python's int goes in as an exact decimal."""
        del dialect
        return None if value is None else Decimal(value)

    def process_result_value(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """And comes back as an int, never a float."""
        del dialect
        return None if value is None else int(value)


class InstantColumn(TypeDecorator[datetime]):
    """An aware UTC instant; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time that does not say its zone."""
        del dialect
        if value is not None and value.tzinfo is None:
            raise ValueError("a stored instant must carry its time zone")
        return value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Whatever zone the session speaks, the value is in UTC."""
        del dialect
        return None if value is None else value.astimezone(UTC)


Id = Annotated[str, mapped_column(Text(collation="C"))]
Amount = Annotated[int, mapped_column(AmountColumn)]
Instant = Annotated[datetime, mapped_column(InstantColumn)]


class Base(DeclarativeBase):
    """Parent of every table. Modules refer to each other's tables by name only, and there are no
    ORM relationships, so nothing is ever loaded behind a reader's back."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {str: Text(), int: AmountColumn(), datetime: InstantColumn()}  # noqa: RUF012 - SQLAlchemy's own idiom


def table_of(row: type[Base]) -> Table:
    """The table behind a class of rows, for statements that run often: they answer with plain rows,
    which cost less than half of objects that the session would keep an eye on. Such a statement is
    a constant with parameters, as building one takes as long as running it."""
    return cast(Table, row.__table__)


def insert_given(table: Table, parameter: str, **instead: ColumnElement[object]) -> Insert:
    """Inserts the rows that `parameter` holds as `given` wrote them, some columns `instead` from
    elsewhere: however many there are it is the same statement, and may be a part of another. What a
    row leaves out is empty, whatever the table has as a default."""
    empty: ColumnElement[object] = literal_column(f"NULL::{table.name}")
    rows = func.jsonb_populate_recordset(empty, sql_cast(bindparam(parameter, type_=Text), JSONB))
    names = table.columns.keys()
    found = rows.table_valued(*names).columns
    return insert(table).from_select(names, select(*(instead.get(n, found[n]) for n in names)))


def given(rows: Sequence[Mapping[str, object]]) -> str:
    """Rows for `insert_given`, by the names of their columns. A time that does not say its zone is
    refused."""
    return json.dumps(rows, default=_spelled)


def _spelled(value: object) -> str:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TypeError(f"{value!r} is nothing that a row can be given")
    return value.isoformat()


def make_engine(database_url: str, *, pool_size: int = 10) -> Engine:
    """The write side's engine. `database_url` is a libpq URL (`postgresql://...`)."""
    url = make_url(database_url).set(drivername="postgresql+psycopg")
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        connect_args={"options": _SESSION_OPTIONS, "connect_timeout": 5},
    )
    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "checkout", _require_uncut)
    return engine


class _KeepingConnection(Connection[Any]):
    """Keeps what it has prepared when a transaction is rolled back that did not fail. PostgreSQL
    keeps it, too; psycopg throws it all away, because a table may be gone with the transaction that
    made it, and no transaction of ours makes one. Every look that changes nothing ends so."""

    def rollback(self) -> None:
        """As of psycopg, but for that."""
        with self.lock:
            if self.pgconn.transaction_status == TransactionStatus.INTRANS:
                self.pgconn.exec_(b"ROLLBACK")
        # Does nothing any more, unless the transaction had failed or the server did not answer.
        super().rollback()


def _connect(
    _dialect: object, _record: object, arguments: Sequence[Any], options: Mapping[str, Any]
) -> Connection[Any]:
    """A use case runs more statements than psycopg would keep prepared, and each would be gone
    before its next turn."""
    connection = _KeepingConnection.connect(*arguments, **options)
    connection.prepared_max, connection.prepare_threshold = _PREPARED, 1
    return connection


def autocommit(engine: Engine) -> Engine:
    """The same connections, on which each statement is a transaction of its own: for work of one
    statement, and for looks, which under READ COMMITTED see no more of one moment inside of one.
    Beginning and ending it would take twice as long as the statement."""
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def _require_uncut(connection: Connection[object], _record: object, _proxy: object) -> None:
    """Have the pool make a connection anew that the server has cut while it lay idle: there is
    something to read on it then, and on no other. Asking the server would cost each transaction a
    round trip."""
    idle = polling.poll()
    idle.register(connection.fileno(), polling.POLLIN)
    if idle.poll(0):
        raise DisconnectionError("the server has cut this connection")


class _VerbatimLoader(Loader):
    """JSON goes out as it came from PostgreSQL; parsing it would only cost time."""

    def load(self, data: Buffer) -> bytes:
        """The document's own bytes."""
        return bytes(data)


async def _leave_json_alone(connection: AsyncConnection) -> None:
    for kind in ("json", "jsonb", "text"):
        connection.adapters.register_loader(kind, _VerbatimLoader)


class Reads:
    """The async read side: each query answers with one JSON document composed by PostgreSQL."""

    def __init__(
        self, database_url: str, *, max_size: int = 8, patience_seconds: float = 5
    ) -> None:
        self._pool = AsyncConnectionPool(
            database_url,
            min_size=1,
            max_size=max_size,
            timeout=patience_seconds,
            # Left to itself the pool would wait twice as long after each failure, up to minutes;
            # having given up, it tries again with the next request.
            reconnect_timeout=_RECONNECT_SECONDS,
            open=False,
            configure=_leave_json_alone,
            kwargs={"autocommit": True, "options": _SESSION_OPTIONS, "connect_timeout": 5},
        )

    async def open(self) -> None:
        """Start filling the pool; does not wait for the database to be there."""
        await self._pool.open()

    async def close(self) -> None:
        """Return every connection."""
        await self._pool.close()

    async def document(self, sql: str, parameters: Mapping[str, object]) -> bytes | None:
        """Run `sql`, whose single row holds a single column of type json, jsonb or text, and
        return it as UTF-8 bytes; `None` when there is no row or it is NULL. Raises
        `DatabaseUnavailable`, `DatabaseBusy`."""
        try:
            async with self._pool.connection() as connection:
                # The statements are constants of our own queries.py; psycopg's literal-string
                # type cannot see that through a parameter, bytes pass unchecked.
                cursor = await connection.execute(sql.encode(), parameters)
                row = await cursor.fetchone()
        except (PsycopgOperationalError, PsycopgInterfaceError) as error:
            # What cut this connection has most likely cut those that lie idle, too: one request
            # finds that out for all of them.
            await self._pool.check()
            raise unavailable(error) from error
        document: bytes | None = None if row is None else row[0]
        return document
