"""A shop whose database, Redis and node each stand behind a switch. All tests share it, as it has
to be well again after each of them; each brings people of its own."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

import pytest
from sqlalchemy.engine import make_url

from souk.adapters.evm.presence import AWAY_FOR
from souk.core.clock import SystemClock
from tests.support.clock import MovableClock
from tests.support.kill_switch import KillSwitch, path_switch, port_switch
from tests.support.shop import Person, Shop, deployed, shop
from tests.support.stack import Chain, Databases, chain
from tests.support.waiting import eventually


@dataclass(frozen=True)
class SwitchedChain(Chain):
    """A chain that the product reaches over a switch, and the test directly."""

    outside: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.outside}"


@dataclass(frozen=True)
class Grid:
    """The switches, and the addresses in front of them."""

    database: KillSwitch
    redis: KillSwitch
    node: KillSwitch
    database_url: str
    redis_url: str
    chain: SwitchedChain


@contextmanager
def wired(databases: Databases, redis_url: str, stack_directory: Path) -> Iterator[Grid]:
    """Parts behind switches; a fresh database and a fresh chain."""
    sockets = Path(mkdtemp(dir=stack_directory))
    database_url = databases.migrated()
    real = make_url(database_url)
    inside = Path(str(real.query["host"])) / ".s.PGSQL.5432"
    redis_socket = Path(redis_url.removeprefix("unix://").partition("?")[0])
    with chain(sockets / "anvil.log", ticking=False) as running:
        node, outside = port_switch(running.node.port)
        switched = real.set(query={"host": str(sockets)})
        grid = Grid(
            database=path_switch(sockets / ".s.PGSQL.5432", inside),
            redis=path_switch(sockets / "redis.sock", redis_socket),
            node=node,
            database_url=switched.render_as_string(hide_password=False),
            redis_url=f"unix://{sockets}/redis.sock?db=0",
            chain=SwitchedChain(running.node, running.running, outside),
        )
        yield grid
        for switch in (grid.database, grid.redis, grid.node):
            switch.off()
    databases.drop(database_url)


def an_installation(
    grid: Grid, clock: MovableClock | SystemClock, state: Path
) -> AbstractContextManager[Shop]:
    """A shop whose parts are reached over the switches."""
    parts = (grid.database_url, grid.redis_url, grid.chain, deployed(grid.chain))
    return shop(*parts, clock, state)


@pytest.fixture(scope="session")
def grid(databases: Databases, _redis_url: str, stack_directory: Path) -> Iterator[Grid]:
    with wired(databases, _redis_url, stack_directory) as made:
        yield made


@pytest.fixture(scope="session", name="shop")
def switched_shop(grid: Grid, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    state = tmp_path_factory.mktemp("outages")
    with an_installation(grid, MovableClock(), state) as running:
        yield running


@pytest.fixture(scope="session")
def numbers() -> Iterator[int]:
    return count(1)


@pytest.fixture(autouse=True)
def well(shop: Shop) -> None:
    """What an earlier test cut is noticed when it is used again, and a node that was away is
    asked again after a moment."""
    shop.clock.advance(seconds=AWAY_FOR.total_seconds())
    eventually(lambda: shop.ask(None, "GET", "/api/marketplace/products").status_code == 200)


@pytest.fixture
def buyer(shop: Shop, numbers: Iterator[int]) -> Person:
    return shop.person(f"buyer-{next(numbers)}")


@pytest.fixture
def seller(shop: Shop, numbers: Iterator[int]) -> Person:
    return shop.seller(f"seller-{next(numbers)}")


@pytest.fixture
def listing(shop: Shop, seller: Person) -> str:
    """The last one of something."""
    return shop.listing(seller, stock=1)
