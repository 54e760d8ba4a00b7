"""Fixtures of every suite: real parts, a fresh database, a clock that stands still.

Two ways to a database, never both in one test:

- `uow` (with `session` to look at what it did) runs in one outer transaction that is rolled back;
  for tests of services and repositories.
- `database_url` (with `engine` and `committing_uow`) is a fresh copy where commits are real; for
  tests of the API, of handlers, races and processes.
"""

import gc
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis
from hypothesis import settings as hypothesis_settings
from pytest_socket import socket_allow_hosts
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session, sessionmaker

from souk.core.db import make_engine
from souk.core.ids import Ids, TimeOrderedIds
from souk.core.unit_of_work import UnitOfWork
from souk.embedded import accounts, parts, postgres
from souk.embedded.redis import redis_server
from tests.support.clock import MovableClock
from tests.support.stack import Chain, Databases, chain
from tests.support.work import SavepointWork, rolled_back

# The machine may be busy: a slow example is no defect. Nothing is kept between runs.
hypothesis_settings.register_profile(
    "souk", deadline=None, database=None, print_blob=True, max_examples=25
)
hypothesis_settings.register_profile(
    "deep", hypothesis_settings.get_profile("souk"), max_examples=1_000
)
# Enough for several databases to be changed a lot.
_PLENTY_BYTES = 4 * 1024**3


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--deep", action="store_true", help="also run the tests marked deep")


def pytest_configure(config: pytest.Config) -> None:
    hypothesis_settings.load_profile("deep" if config.getoption("--deep") else "souk")
    # What is imported and collected stays to the end: looking for garbage among it, then and ever
    # after, takes a tenth of the time of quick tests.
    gc.disable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = [item for item in items if not _is_wanted(item, config)]
    items[:] = [item for item in items if _is_wanted(item, config)]
    config.hook.pytest_deselected(items=left_out)


def _is_wanted(item: pytest.Item, config: pytest.Config) -> bool:
    if item.get_closest_marker("mainnet") and not os.environ.get("MAINNET_RPC_URL"):
        return False
    return config.getoption("--deep") or not item.get_closest_marker("deep")


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_runtest_setup(item: pytest.Item) -> None:
    allowed = ["127.0.0.1", "::1"]
    if item.get_closest_marker("mainnet"):
        allowed.append(urlsplit(os.environ["MAINNET_RPC_URL"]).hostname or "")
    socket_allow_hosts(allowed, allow_unix_socket=True)


@pytest.fixture(scope="session")
def stack_directory() -> Iterator[Path]:
    """A short path (sockets live below it) that an unprivileged account may pass through."""
    directory = Path(tempfile.mkdtemp(prefix="souk-t-", dir=_memory()))
    if os.geteuid() == 0:
        directory.chmod(0o711)
    yield directory
    shutil.rmtree(directory)


def _memory() -> Path | None:
    """A place for files that is not a disk; `None` where there is none, or too little of it."""
    memory = Path("/dev/shm")
    plenty = memory.is_dir() and shutil.disk_usage(memory).free > _PLENTY_BYTES
    return memory if plenty and os.access(memory, os.W_OK) else None


@pytest.fixture(scope="session")
def postgres_cluster(stack_directory: Path) -> Iterator[postgres.Cluster]:
    """One PostgreSQL for this worker, not safe against power cuts and therefore fast."""
    cluster = postgres.cluster(
        stack_directory / "postgres",
        accounts.unprivileged_account(),
        owner_password="owner of the test cluster",
        password="application",
        options=postgres.THROWAWAY_OPTIONS,
    )
    running = parts.start(cluster.part(), stack_directory / "postgres.log")
    yield cluster
    running.kill()


@pytest.fixture(scope="session")
def databases(postgres_cluster: postgres.Cluster) -> Databases:
    """Makes fresh databases."""
    return Databases(postgres_cluster)


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """A migrated database of this test's own, where commits are real."""
    url = databases.migrated()
    yield url
    databases.drop(url)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on `database_url`."""
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def committing_uow(engine: Engine, clock: MovableClock, ids: Ids) -> UnitOfWork:
    """The product's unit of work on `database_url`."""
    return UnitOfWork(sessionmaker(engine), clock, ids)


@pytest.fixture(scope="session")
def shared_engine(databases: Databases) -> Iterator[Engine]:
    """An engine on the database whose transactions are all rolled back."""
    engine = make_engine(databases.migrated(), pool_size=2)
    yield engine
    engine.dispose()


@pytest.fixture
def connection(shared_engine: Engine) -> Iterator[Connection]:
    """The outer transaction of this test."""
    with rolled_back(shared_engine) as connection:
        yield connection


@pytest.fixture
def session(connection: Connection) -> Iterator[Session]:
    """A session to look at what `uow` has written; it sees what was committed there."""
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        yield session


@pytest.fixture
def uow(connection: Connection, clock: MovableClock, ids: Ids) -> UnitOfWork:
    """A unit of work whose commits end with the test."""
    return SavepointWork(connection, clock, ids)


@pytest.fixture
def clock() -> MovableClock:
    """Stands still until the test moves it."""
    return MovableClock()


@pytest.fixture
def ids() -> Ids:
    """The product's ids."""
    return TimeOrderedIds()


@pytest.fixture(scope="session")
def _redis_url(stack_directory: Path) -> Iterator[str]:
    server = redis_server(stack_directory / "redis", durable=False)
    running = parts.start(server.part(), stack_directory / "redis.log")
    yield server.url
    running.kill()


@pytest.fixture
def redis_url(_redis_url: str) -> str:
    """An empty Redis."""
    with redis.Redis.from_url(_redis_url) as client:
        client.flushall()
    return _redis_url


@pytest.fixture(scope="session")
def _still_chain(stack_directory: Path) -> Iterator[Chain]:
    with chain(stack_directory / "still-chain.log", ticking=False) as running:
        yield running


@pytest.fixture
def still_chain(_still_chain: Chain) -> Chain:
    """A fresh chain that makes a block only when asked to."""
    _still_chain.call("anvil_reset")
    # Left to itself it would go on from the instant at which it was started.
    _still_chain.call("evm_setTime", int(time.time()))
    return _still_chain
