"""What the sandbox remembers: objects as JSON in one SQLite file, so that a restart loses nothing.

One process with one thread uses it, so a request is a transaction.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from secrets import choice
from string import ascii_letters, digits
from typing import Any

Object = dict[str, Any]

_PLACE = "(SELECT sequence FROM object WHERE id = ?)"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS object (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    account TEXT,
    parent TEXT,
    created INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS object_kind ON object (kind, sequence);
CREATE INDEX IF NOT EXISTS object_parent ON object (parent);
CREATE TABLE IF NOT EXISTS replay (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS delivery (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    event TEXT NOT NULL, endpoint TEXT NOT NULL, tries INTEGER NOT NULL, due REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (due);
CREATE TABLE IF NOT EXISTS timer (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, due REAL NOT NULL, action TEXT NOT NULL,
    id TEXT NOT NULL
);
"""


def new_id(prefix: str, length: int = 24) -> str:
    """An id such as `pi_...`."""
    return f"{prefix}_" + "".join(choice(ascii_letters + digits) for _ in range(length))


class Store:
    """Objects by id, and lists of them newest first."""

    def __init__(self, path: Path | None) -> None:
        self.database = sqlite3.connect(path or ":memory:", isolation_level=None)
        self.database.execute("PRAGMA journal_mode=WAL")
        self.database.execute("PRAGMA synchronous=NORMAL")
        self.database.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what happens inside."""
        self.database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.database.execute("ROLLBACK")
            raise
        self.database.execute("COMMIT")

    def put(self, item: Object, *, account: str | None = None, parent: str | None = None) -> Object:
        """Write a new object, or what has become of a known one."""
        self.database.execute(
            "INSERT INTO object (id, kind, account, parent, created, body)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            (item["id"], item["object"], account, parent, item["created"], json.dumps(item)),
        )
        return item

    def get(self, kind: str, id_: str) -> Object | None:
        """The object of that kind with that id."""
        row = self.database.execute(
            "SELECT body FROM object WHERE id = ? AND kind = ?", (id_, kind)
        ).fetchone()
        return json.loads(row[0]) if row else None

    def any(self, id_: str) -> Object | None:
        """The object with that id, whatever it is."""
        row = self.database.execute("SELECT body FROM object WHERE id = ?", (id_,)).fetchone()
        return json.loads(row[0]) if row else None

    def account_of(self, id_: str) -> str | None:
        """The connected account in which an object lives; `None` is the platform."""
        row = self.database.execute("SELECT account FROM object WHERE id = ?", (id_,)).fetchone()
        return row[0] if row else None

    def below(self, kind: str, parent: str) -> list[Object]:
        """What belongs to an object, newest first."""
        rows = self.database.execute(
            "SELECT body FROM object WHERE kind = ? AND parent = ? ORDER BY sequence DESC",
            (kind, parent),
        )
        return [json.loads(body) for (body,) in rows]

    def page(
        self,
        kind: str,
        *,
        account: str | None,
        limit: int,
        where: Mapping[str, str] | None = None,
        types: list[str] | None = None,
        created: Mapping[str, int] | None = None,
        after: str | None = None,
        before: str | None = None,
    ) -> tuple[list[Object], bool]:
        """At most `limit` objects newest first, and whether there are more. `where` compares
        fields of the object, `created` its time by `gt`, `gte`, `lt` and `lte`."""
        clauses, values = ["kind = ?", "account IS ?"], [kind, account]
        for name, value in (where or {}).items():
            clauses.append("json_extract(body, ?) = ?")
            values += [f"$.{name}", value]
        if types:
            clauses.append(f"json_extract(body, '$.type') IN ({', '.join('?' * len(types))})")
            values += types
        comparisons = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
        bounds: list[object] = []
        for name, time in (created or {}).items():
            clauses.append(f"created {comparisons[name]} ?")
            bounds.append(time)
        for cursor, sign in ((after, "<"), (before, ">")):
            if cursor is not None:
                clauses.append(f"sequence {sign} {_PLACE}")
                bounds.append(cursor)
        order = "ASC" if before is not None else "DESC"
        rows = self.database.execute(
            f"SELECT body FROM object WHERE {' AND '.join(clauses)}"  # noqa: S608 - fixed words
            f" ORDER BY sequence {order} LIMIT ?",
            (*values, *bounds, limit + 1),
        ).fetchall()
        found = [json.loads(body) for (body,) in rows[:limit]]
        return (found[::-1] if before is not None else found), len(rows) > limit
