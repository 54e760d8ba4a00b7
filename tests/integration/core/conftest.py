"""What the tests of the core share."""

import pytest
from sqlalchemy import text

from tests.support.emptied import emptied


@pytest.fixture(scope="package")
def shared_database_url(databases):
    """One database for all of these tests."""
    url = databases.migrated()
    yield url
    databases.drop(url)


@pytest.fixture
def database_url(shared_database_url):
    """Where commits are real; the core's tables are empty."""
    return emptied(shared_database_url, "outbox", "webhook_inbox", "timer", "idempotency_key")


@pytest.fixture
def counter(engine):
    """A table with one number, to be fought over."""
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS counter (value integer NOT NULL)"))
        connection.execute(text("DELETE FROM counter"))
        connection.execute(text("INSERT INTO counter VALUES (0)"))
    return CounterTable(engine)


class CounterTable:
    """Reads and writes the number."""

    def __init__(self, engine) -> None:
        self._engine = engine

    @property
    def committed(self) -> int:
        with self._engine.connect() as connection:
            return connection.execute(text("SELECT value FROM counter")).scalar_one()

    def read(self, tx, *, lock: bool = False) -> int:
        suffix = " FOR UPDATE" if lock else ""
        return tx.session.execute(text("SELECT value FROM counter" + suffix)).scalar_one()

    def write(self, tx, value: int) -> None:
        tx.session.execute(text("UPDATE counter SET value = :value"), {"value": value})
