"""What payments are measured on: a PostgreSQL that keeps what it is told, with a shop in it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from sqlalchemy.orm import sessionmaker

from souk.core.clock import SystemClock
from souk.core.db import make_engine
from souk.core.ids import TimeOrderedIds
from souk.core.migrations import upgrade
from souk.core.unit_of_work import UnitOfWork
from souk.embedded import accounts, parts, postgres
from souk.embedded.redis import redis_server
from souk.modules.payments.repository import payees as payee_rows
from souk.modules.payments.repository.payees import Payee
from tests.support.account_builders import an_account
from tests.support.catalog_builders import a_listing
from tests.support.seller_builders import a_seller

BUYERS = 16
_SELLERS = 8
_LISTINGS = 64
_PLENTY = 1_000_000


@dataclass(frozen=True)
class Stocked:
    """A shop: account ids of buyers who are not sellers, and ids of listings with plenty of goods,
    of sellers who can be paid by card."""

    buyers: list[str]
    listings: list[str]


@dataclass(frozen=True)
class Database:
    """A database with a shop in it."""

    url: str
    redis_url: str
    shop: Stocked
    running: parts.Running

    def core_seconds(self) -> float:
        """What the server has used of the processors so far, by processes that ended as well."""
        (server,) = psutil.Process(self.running.guardian_pid).children()
        used = server.cpu_times()
        ended = used.children_user + used.children_system
        alive = [process.cpu_times() for process in server.children(recursive=True)]
        return used.user + used.system + ended + sum(each.user + each.system for each in alive)


@contextmanager
def stocked() -> Iterator[Database]:
    """A fresh database and a cache, with the options that `scripts/run` starts them with: what was
    committed survives a power cut."""
    with tempfile.TemporaryDirectory(prefix="souk-b-") as directory:
        home = Path(directory)
        home.chmod(0o711)
        cluster = postgres.cluster(
            home / "postgres",
            accounts.unprivileged_account(),
            owner_password="owner of the cluster",
            password="application",
        )
        redis = redis_server(home / "redis")
        running = parts.start(cluster.part(), home / "postgres.log")
        cache = parts.start(redis.part(), home / "redis.log")
        try:
            yield Database(cluster.url(), redis.url, stock(cluster.url()), running)
        finally:
            cache.kill()
            running.kill()


def stock(url: str) -> Stocked:
    """Migrate a database and put a shop into it."""
    engine = make_engine(url, pool_size=2)
    upgrade(engine)
    uow = UnitOfWork(sessionmaker(engine), SystemClock(), TimeOrderedIds())
    stores = [a_seller(uow, f"seller{number}") for number in range(_SELLERS)]
    with uow.begin() as tx:
        for store in stores:
            payee_rows.add(tx, Payee(store.id, f"acct_{store.id}", ready=True))
        tx.commit()
    listings = [
        a_listing(uow, stores[number % _SELLERS], on_hand=_PLENTY).id for number in range(_LISTINGS)
    ]
    buyers = [an_account(uow, f"buyer{number}").account_id for number in range(BUYERS)]
    engine.dispose()
    return Stocked(buyers, listings)
