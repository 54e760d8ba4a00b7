"""What PostgreSQL takes in of the same rows when psycopg is asked to do nothing else."""

import json
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import psycopg
from psycopg import sql

from tests.support.chain_builders import CHAIN_ID

_TABLES = ("chain", "chain_block", "chain_event", "chain_effect", "outbox")
_GENERATED = {"outbox": ("sequence",)}


class Floor:
    """The rows that the watcher wrote, taken from its tables; writes them again into empty ones."""

    def __init__(self, url: str) -> None:
        self._url = url
        with psycopg.connect(url) as connection:
            self._columns = {name: self._columns_of(connection, name) for name in _TABLES}
            self._rows = {name: self._rows_of(connection, name) for name in _TABLES}

    def write(self, events_a_commit: int) -> float:
        """Write everything, as many events at a time with the rows that belong to them and the
        cursor in one transaction; returns how many events a second that were."""
        commits = list(self._commits(events_a_commit))
        emptied(self._url)
        with psycopg.connect(self._url) as connection:
            self._copy(connection, "chain", self._rows["chain"])
            connection.commit()
            begun = time.perf_counter()
            for number, rows in enumerate(commits):
                for name in _TABLES[1:]:
                    self._copy(connection, name, rows[name])
                connection.execute(
                    "UPDATE chain SET next_block = %s, advanced_at = %s WHERE chain_id = %s",
                    (number, datetime.now(UTC), CHAIN_ID),
                )
                connection.execute("SELECT pg_notify('souk_outbox', '')")
                connection.commit()
            return len(self._rows["chain_event"]) / (time.perf_counter() - begun)

    def _commits(self, events: int) -> Iterator[dict[str, Sequence[tuple]]]:
        total = len(self._rows["chain_event"])
        count = -(-total // events)
        for number in range(count):
            parts = {name: _part(rows, number, count) for name, rows in self._rows.items()}
            # No log may come before its block.
            yield {**parts, "chain_block": _part(self._rows["chain_block"], number, count, ahead=2)}

    def _copy(self, connection: psycopg.Connection, name: str, rows: Sequence[tuple]) -> None:
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, self._columns[name]))
        )
        with connection.cursor().copy(statement) as copy:
            for row in rows:
                copy.write_row(row)

    def _columns_of(self, connection: psycopg.Connection, name: str) -> list[str]:
        rows = connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
            " AND NOT attisdropped ORDER BY attnum",
            (name,),
        )
        return [column for (column,) in rows if column not in _GENERATED.get(name, ())]

    def _rows_of(self, connection: psycopg.Connection, name: str) -> list[tuple]:
        statement = sql.SQL("SELECT {} FROM {}").format(
            sql.SQL(", ").join(map(sql.Identifier, self._columns[name])), sql.Identifier(name)
        )
        return [
            tuple(json.dumps(value) if isinstance(value, dict) else value for value in row)
            for row in connection.execute(statement)
        ]


def _part(rows: Sequence[tuple], number: int, count: int, ahead: int = 0) -> Sequence[tuple]:
    begin, end = (
        min(len(rows), len(rows) * which // count + (ahead if which else 0))
        for which in (number, number + 1)
    )
    return rows[begin:end]


def emptied(url: str) -> None:
    """Forget every block, and what was told of them."""
    with psycopg.connect(url) as connection:
        connection.execute("TRUNCATE chain_effect, chain_event, chain_block, chain, outbox CASCADE")
