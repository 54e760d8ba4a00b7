"""Bringing the schema to where this version of the code needs it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

import souk

# One process migrates at a time; the others wait and then find nothing to do.
_LOCK = 0x536F756B


def scripts_directory() -> Path:
    """`backend/migrations` beside the package, or `souk/migrations` inside an installed one."""
    package = Path(souk.__file__).parent
    beside = package.parent / "migrations"
    return beside if beside.is_dir() else package / "migrations"


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's configuration without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(scripts_directory()))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Apply every migration up to `revision`. Whoever comes second waits for the first."""
    with _alone(engine) as connection:
        command.upgrade(configuration(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Undo migrations down to `revision` (`base` undoes all)."""
    with _alone(engine) as connection:
        command.downgrade(configuration(connection), revision)


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """A connection to migrate with while holding the lock. The lock lives on a connection of its
    own, because each migration commits by itself; closing that connection gives it back."""
    with _patient(engine) as guard, _patient(engine) as connection:
        guard.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        guard.commit()
        yield connection


@contextmanager
def _patient(engine: Engine) -> Iterator[Connection]:
    """A connection without time limits, and never returned to the pool with them lifted."""
    with engine.connect() as connection:
        connection.detach()
        for limit in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
            connection.execute(text(f"SET {limit} = 0"))
        connection.commit()
        yield connection


def pending(engine: Engine) -> tuple[str | None, str | None]:
    """The revision the database is at, and the one this code needs."""
    head = ScriptDirectory.from_config(configuration()).get_current_head()
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision(), head
