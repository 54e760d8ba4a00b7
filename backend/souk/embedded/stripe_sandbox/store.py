"""What the sandbox remembers: objects as JSON in one SQLite file, so that a restart loses nothing.

One process with one thread uses it. Each request is all or nothing, and what several of them have
written is committed together: nobody is answered before that. A commit is handed to the operating
system at once, so that it outlives the process; when the power fails, the last moment may be lost.
"""

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

Object = dict[str, Any]

# The two fields by which the objects of a kind are looked for among many: what each belongs to, and
# what it is about. They are columns, so that no list has to read all objects.
_KEYS: Mapping[str, tuple[str | None, str | None]] = {
    "balance_transaction": ("source", "type"),
    "charge": ("payment_intent", "transfer_group"),
    "dispute": ("charge", "payment_intent"),
    "event": (None, "type"),
    "payment_intent": (None, "customer"),
    "payment_method": (None, "customer"),
    "refund": ("charge", "payment_intent"),
    "setup_intent": (None, "customer"),
    "transfer": ("source_transaction", "transfer_group"),
    "transfer_reversal": ("transfer", None),
}
_NO_KEYS = (None, None)
_LONG = 24
_COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_PLACE = "(SELECT created, sequence FROM object WHERE id = ?)"
_CACHE_KIB = 64 * 1024
# The file is brought up to date from the log only so often, as that waits for the disk.
_LOG_PAGES = 16_384

_SCHEMA = """
CREATE TABLE IF NOT EXISTS object (
    sequence INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    account TEXT,
    parent TEXT,
    topic TEXT,
    created INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS object_kind ON object (kind, created);
CREATE INDEX IF NOT EXISTS object_parent ON object (parent, kind) WHERE parent IS NOT NULL;
CREATE INDEX IF NOT EXISTS object_topic ON object (topic, kind, created) WHERE topic IS NOT NULL;
CREATE TABLE IF NOT EXISTS balance (
    account TEXT NOT NULL, currency TEXT NOT NULL, available_on INTEGER NOT NULL,
    amount INTEGER NOT NULL, PRIMARY KEY (account, currency, available_on)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS replay (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
    created INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS delivery (
    sequence INTEGER PRIMARY KEY,
    event TEXT NOT NULL, endpoint TEXT NOT NULL, tries INTEGER NOT NULL, due REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (due);
CREATE TABLE IF NOT EXISTS timer (
    sequence INTEGER PRIMARY KEY, due REAL NOT NULL, action TEXT NOT NULL, id TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS timer_due ON timer (due);
"""

_encode = json.JSONEncoder(separators=(",", ":")).encode


def new_id(prefix: str, length: int = 24) -> str:
    """An id such as `pi_...`. Long ones begin with the time: the index grows at one end then, and
    a commit writes a few pages instead of one for each object."""
    begin = f"{int(time.time() * 1000):011x}" if length >= _LONG else ""
    return f"{prefix}_{begin}{new_secret(length - len(begin))}"


def new_secret(length: int) -> str:
    """What nobody can guess."""
    return token_hex(length)[:length]


def to_json(value: object) -> str:
    """The shortest form of it."""
    return _encode(value)


class Store:
    """Objects by id, and lists of them newest first.

    With a running event loop, transactions are committed together as soon as everything that was
    ready has run; without one, each at its end.
    """

    def __init__(self, path: Path | None) -> None:
        self.database = sqlite3.connect(path or ":memory:", isolation_level=None)
        for pragma in (
            *("journal_mode=WAL", "synchronous=NORMAL", "temp_store=MEMORY"),
            *(f"cache_size=-{_CACHE_KIB}", f"wal_autocheckpoint={_LOG_PAGES}"),
        ):
            self.database.execute(f"PRAGMA {pragma}")
        self.database.executescript(_SCHEMA)
        self.committed: list[Callable[[], None]] = []
        self._waiting: list[asyncio.Future[None]] = []

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what happens inside."""
        first = not self.database.in_transaction
        if first:
            self.database.execute("BEGIN IMMEDIATE")
            self._commit_soon()
        self.database.execute("SAVEPOINT request")
        try:
            yield
        except BaseException:
            self.database.execute("ROLLBACK TO request")
            raise
        finally:
            self.database.execute("RELEASE request")
            if first and self._loop() is None:
                self._commit()

    async def written(self) -> None:
        """Wait until what was written so far cannot be lost. Raises `sqlite3.Error` when it is."""
        if self.database.in_transaction:
            future = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
            await future

    def _commit_soon(self) -> None:
        if (loop := self._loop()) is not None:
            loop.call_soon(self._commit)

    @staticmethod
    def _loop() -> asyncio.AbstractEventLoop | None:
        try:
            return asyncio.get_running_loop()
        except RuntimeError:
            return None

    def _commit(self) -> None:
        waiting = [future for future in self._waiting if not future.done()]
        self._waiting = []
        try:
            self.database.execute("COMMIT")
        except sqlite3.Error as error:
            if self.database.in_transaction:
                self.database.execute("ROLLBACK")
            for future in waiting:
                future.set_exception(error)
            return
        for future in waiting:
            future.set_result(None)
        for tell in self.committed:
            tell()

    def put(self, item: Object, *, account: str | None = None) -> Object:
        """Write a new object, or what has become of a known one."""
        kind = item["object"]
        parent, topic = _KEYS.get(kind, _NO_KEYS)
        self.database.execute(
            "INSERT INTO object (id, kind, account, parent, topic, created, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET topic = excluded.topic, body = excluded.body",
            (
                *(item["id"], kind, account),
                *(item[parent] if parent else None, item[topic] if topic else None),
                *(item["created"], _encode(item)),
            ),
        )
        return item

    def remove(self, id_: str) -> None:
        """Forget an object."""
        self.database.execute("DELETE FROM object WHERE id = ?", (id_,))

    def get(self, kind: str, id_: str) -> Object | None:
        """The object of that kind with that id."""
        return self.owned(kind, id_)[0]

    def owned(self, kind: str, id_: str) -> tuple[Object | None, str | None]:
        """The object, and the connected account in which it lives; `None` is the platform."""
        row = self.database.execute(
            "SELECT body, account FROM object WHERE id = ? AND kind = ?", (id_, kind)
        ).fetchone()
        return (json.loads(row[0]), row[1]) if row else (None, None)

    def any(self, id_: str) -> Object | None:
        """The object with that id, whatever it is."""
        row = self.database.execute("SELECT body FROM object WHERE id = ?", (id_,)).fetchone()
        return json.loads(row[0]) if row else None

    def below(self, kind: str, parent: str) -> list[Object]:
        """What belongs to an object, newest first."""
        rows = self.database.execute(
            "SELECT body FROM object WHERE parent = ? AND kind = ? ORDER BY sequence DESC",
            (parent, kind),
        )
        return [json.loads(body) for (body,) in rows]

    def page(
        self,
        kind: str,
        *,
        account: str | None,
        limit: int,
        where: Mapping[str, Sequence[str]] | None = None,
        created: Mapping[str, int] | None = None,
        after: str | None = None,
        before: str | None = None,
    ) -> tuple[list[Object], bool]:
        """At most `limit` objects newest first, and whether there are more. `where` names the
        values that fields of the object may have; `created` bounds its time by `gt`, `gte`, `lt`
        and `lte`."""
        chosen = where or {}
        clauses, values = [f"kind = '{kind}'", "account IS ?"], [account]
        for name, wanted in chosen.items():
            marks = ", ".join("?" * len(wanted))
            clauses.append(f"{_column(kind, name)} IN ({marks})")
            values += wanted
        bounds: list[object] = []
        for name, at in (created or {}).items():
            clauses.append(f"created {_COMPARISONS[name]} ?")
            bounds.append(at)
        for cursor, sign in ((after, "<"), (before, ">")):
            if cursor is not None:
                clauses.append(f"(created, sequence) {sign} {_PLACE}")
                bounds.append(cursor)
        order = "ASC" if before is not None else "DESC"
        rows = self.database.execute(
            f"SELECT body FROM object INDEXED BY {_index(kind, chosen)}"  # noqa: S608 - fixed words
            f" WHERE {' AND '.join(clauses)}"
            f" ORDER BY created {order}, sequence {order} LIMIT ?",
            (*values, *bounds, limit + 1),
        ).fetchall()
        found = [json.loads(body) for (body,) in rows[:limit]]
        return (found[::-1] if before is not None else found), len(rows) > limit


def _column(kind: str, field: str) -> str:
    parent, topic = _KEYS.get(kind, _NO_KEYS)
    return {parent: "parent", topic: "topic"}.get(field, f"json_extract(body, '$.{field}')")


def _index(kind: str, chosen: Iterable[str]) -> str:
    """The planner knows nothing of how the objects are distributed, so it is told."""
    columns = {_column(kind, field) for field in chosen}
    return f"object_{next((each for each in ('parent', 'topic') if each in columns), 'kind')}"
