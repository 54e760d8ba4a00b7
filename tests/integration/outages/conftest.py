"""A shop whose database, Redis and node each stand behind a switch."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from tests.support.clock import MovableClock
from tests.support.kill_switch import KillSwitch, path_switch, port_switch
from tests.support.shop import Shop, shop
from tests.support.stack import Chain


@dataclass(frozen=True)
class SwitchedChain(Chain):
    """A chain that the product reaches over a switch, and the test directly."""

    outside: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.outside}"


@dataclass(frozen=True)
class Grid:
    """The switches, and the addresses behind which they are."""

    database: KillSwitch
    redis: KillSwitch
    node: KillSwitch
    database_url: str
    redis_url: str
    chain: SwitchedChain


@pytest.fixture
def grid(
    database_url: str, redis_url: str, still_chain: Chain, stack_directory: Path
) -> Iterator[Grid]:
    sockets = stack_directory / "switched"
    sockets.mkdir(exist_ok=True)
    real = make_url(database_url)
    inside = Path(str(real.query["host"])) / ".s.PGSQL.5432"
    node, outside = port_switch(still_chain.node.port)
    made = Grid(
        database=path_switch(sockets / ".s.PGSQL.5432", inside),
        redis=path_switch(
            sockets / "redis.sock",
            Path(redis_url.removeprefix("unix://").partition("?")[0]),
        ),
        node=node,
        database_url=real.set(query={"host": str(sockets)}).render_as_string(hide_password=False),
        redis_url=f"unix://{sockets}/redis.sock?db=0",
        chain=SwitchedChain(still_chain.node, still_chain.running, outside),
    )
    yield made
    for switch in (made.database, made.redis, made.node):
        switch.off()


@pytest.fixture(name="shop")
def switched_shop(grid: Grid, clock: MovableClock, tmp_path: Path) -> Iterator[Shop]:
    with shop(grid.database_url, grid.redis_url, grid.chain, clock, tmp_path) as running:
        yield running
