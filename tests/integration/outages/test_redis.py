"""Redis is away: the API serves without it, says so, and the work that waited is done later."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from souk.core.clock import SystemClock
from souk.embedded.anvil import CHAIN_ID
from tests.integration.outages.conftest import Grid, an_installation, wired
from tests.support.shop import Person, Shop
from tests.support.stack import Databases
from tests.support.waiting import eventually

QUEUES = ("events", f"chain-{CHAIN_ID}")


@contextmanager
def workers(grid: Grid, state: Path) -> Iterator[None]:
    """The processes that a purchase needs, started while the block runs."""
    environment = {
        **os.environ,
        "DATABASE_URL": grid.database_url,
        "REDIS_URL": grid.redis_url,
        f"CHAIN_{CHAIN_ID}_RPC_URLS": grid.chain.url,
        "SECRET_KEY": "a secret key of more than 32 characters",
        "STATE_DIR": str(state),
    }
    with ExitStack() as running, (state / "workers.log").open("ab") as log:
        for queue in QUEUES:
            command = [sys.executable, "-m", "souk.entrypoints.cli", "worker", queue]
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
            running.callback(process.wait)
            running.callback(process.terminate)
        yield


def test_signs_in_when_redis_is_away(shop: Shop, grid: Grid, numbers: Iterator[int]) -> None:
    with grid.redis.cut():
        assert shop.person(f"visitor-{next(numbers)}").token


def test_sells_when_redis_is_away(shop: Shop, grid: Grid, buyer: Person, seller: Person) -> None:
    with grid.redis.cut():
        order_id = shop.paid(buyer, (shop.listing(seller), 1))["orders"][0]["id"]
        assert shop.order(buyer, order_id)["status"] == "paid"


def test_names_redis_as_down_when_it_is_away(shop: Shop, grid: Grid) -> None:
    with grid.redis.cut():
        ready = shop.ask(None, "GET", "/health/ready")
    assert ready.status_code == 503
    assert ready.json()["parts"]["redis"]["status"] == "down"


@pytest.mark.deep
def test_does_the_work_that_waited_when_redis_comes_back(
    databases: Databases, redis_url: str, stack_directory: Path, tmp_path: Path
) -> None:
    with (
        wired(databases, redis_url, stack_directory) as grid,
        an_installation(grid, SystemClock(), tmp_path) as running,
    ):
        buyer, listing = running.person("buyer"), running.listing(running.seller())
        grid.redis.off()
        with workers(grid, tmp_path):
            placed = running.place(buyer, (listing, 1))
            running.sign(buyer, placed["payment"]["action"])
            running.chain.mine(2)
            log = tmp_path / "workers.log"
            eventually(lambda: log.read_text().count("Redis fails") >= len(QUEUES), seconds=30)
            order_id = placed["orders"][0]["id"]
            waited = running.order(buyer, order_id)["status"]
            grid.redis.on()
            eventually(lambda: running.order(buyer, order_id)["status"] == "paid", seconds=45)
    assert waited == "pending_payment"
