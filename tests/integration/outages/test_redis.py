"""Redis is away: the API serves without it, says so, and the work that waited is done later."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from souk.core.clock import SystemClock
from souk.embedded.anvil import CHAIN_ID
from tests.integration.outages.conftest import Grid
from tests.support.shop import Shop, shop
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


def test_signs_in_when_redis_is_away(shop: Shop, grid: Grid) -> None:
    with grid.redis.cut():
        assert shop.person("buyer").token


def test_sells_when_redis_is_away(shop: Shop, grid: Grid) -> None:
    with grid.redis.cut():
        buyer, listing = shop.person("buyer"), shop.listing(shop.seller())
        order_id = shop.paid(buyer, (listing, 1))["orders"][0]["id"]
        assert shop.order(buyer, order_id)["status"] == "paid"


def test_names_redis_as_down_when_it_is_away(shop: Shop, grid: Grid) -> None:
    with grid.redis.cut():
        ready = shop.ask(None, "GET", "/health/ready")
    assert ready.status_code == 503
    down = {name for name, part in ready.json()["parts"].items() if part["status"] == "down"}
    assert down == {"redis"}


def test_does_the_work_that_waited_when_redis_comes_back(grid: Grid, tmp_path: Path) -> None:
    with shop(grid.database_url, grid.redis_url, grid.chain, SystemClock(), tmp_path) as open_shop:
        buyer, listing = open_shop.person("buyer"), open_shop.listing(open_shop.seller())
        grid.redis.off()
        with workers(grid, tmp_path):
            placed = open_shop.place(buyer, (listing, 1))
            open_shop.sign(buyer, placed["payment"]["action"])
            open_shop.chain.mine(2)
            log = tmp_path / "workers.log"
            eventually(lambda: log.read_text().count("Redis fails") >= len(QUEUES), seconds=30)
            order_id = placed["orders"][0]["id"]
            assert open_shop.order(buyer, order_id)["status"] == "pending_payment"
            grid.redis.on()
            eventually(
                lambda: open_shop.order(buyer, order_id)["status"] == "paid",
                seconds=20,
                what="the order to be paid",
            )
