"""The database is away: every request is told to come back, and finds its work when it does."""

import asyncio
import time

import httpx
import pytest

from souk.core.db import Reads
from souk.core.errors import DatabaseUnavailable
from tests.integration.outages.conftest import Grid
from tests.support.shop import Person, Shop
from tests.support.waiting import eventually

ONE = "SELECT json_build_object('one', 1)"
SLOW = "SELECT json_build_object('slept', pg_sleep(0.3)::text)"
# Long enough for a client that waits twice as long after each failure to be far off the mark.
AWAY_SECONDS, RETURN_SECONDS = 3.5, 1.5


def place(shop: Shop, buyer: Person, listing: str) -> httpx.Response:
    """Place an order; always the same request."""
    body = {"items": [{"listing_id": listing, "quantity": 1}]}
    return shop.ask(buyer, "POST", "/api/orders", body, key="one purchase")


def served(answer: httpx.Response) -> dict | None:
    """What was answered with success."""
    return answer.json() if answer.status_code == 200 else None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/marketplace/products"),
        ("GET", "/api/auth/session"),
        ("POST", "/api/auth/siwe/nonce"),
        ("POST", "/api/orders"),
    ],
)
def test_asks_to_come_back_when_the_database_is_away(
    shop: Shop, grid: Grid, buyer: Person, method: str, path: str
) -> None:
    body = {"items": [{"listing_id": "prd_01h455vb4pex5vsknk084sn02q", "quantity": 1}]}
    with grid.database.cut():
        refused = shop.ask(buyer, method, path, body if path == "/api/orders" else None)
    assert refused.headers["content-type"] == "application/problem+json"
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (503, "database_unavailable")
    assert problem["retryable"] is True
    assert refused.headers["Retry-After"] == "1"


def test_names_the_database_as_down_and_lives_when_it_is_away(shop: Shop, grid: Grid) -> None:
    with grid.database.cut():
        ready = shop.ask(None, "GET", "/health/ready")
        live = shop.ask(None, "GET", "/health/live")
    assert (ready.status_code, live.status_code) == (503, 200)
    assert ready.json()["parts"]["database"]["status"] == "down"


@pytest.mark.deep
def test_serves_reads_soon_when_the_database_was_away_for_long(grid: Grid) -> None:
    async def outage() -> float:
        reads = Reads(grid.database_url, patience_seconds=0.2)
        await reads.open()
        await reads.document(ONE, {})
        with grid.database.cut():
            begun = time.monotonic()
            while time.monotonic() < begun + AWAY_SECONDS:
                with pytest.raises(DatabaseUnavailable):
                    await reads.document(ONE, {})
        returned = time.monotonic()
        while not await answers(reads):
            assert time.monotonic() < returned + 10 * RETURN_SECONDS
        await reads.close()
        return time.monotonic() - returned

    assert asyncio.run(outage()) < RETURN_SECONDS


def test_refuses_one_read_at_most_when_the_database_was_restarted(grid: Grid) -> None:
    async def restart() -> list[bool]:
        reads = Reads(grid.database_url)
        await reads.open()
        await asyncio.gather(*(reads.document(SLOW, {}) for _ in range(4)))
        with grid.database.cut():
            pass
        answered = [await answers(reads) for _ in range(6)]
        await reads.close()
        return answered

    assert asyncio.run(restart())[1:] == [True] * 5


async def answers(reads: Reads) -> bool:
    try:
        return await reads.document(ONE, {}) is not None
    except DatabaseUnavailable:
        return False


def test_places_the_order_once_when_the_database_is_back(
    shop: Shop, grid: Grid, buyer: Person, listing: str
) -> None:
    with grid.database.cut():
        assert place(shop, buyer, listing).status_code == 503
    first, again = place(shop, buyer, listing), place(shop, buyer, listing)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()


def test_loses_no_fact_when_the_database_was_away(
    shop: Shop, grid: Grid, buyer: Person, listing: str
) -> None:
    placed = shop.place(buyer, (listing, 1))
    shop.sign(buyer, placed["payment"]["action"])
    with grid.database.cut(), pytest.raises(Exception, match=r"(?i)database|connection"):
        shop.follow(blocks=2)
    shop.follow()
    order = f"/api/orders/{placed['orders'][0]['id']}"
    # The first look may meet a connection that was cut, and is then told to look again.
    page = eventually(lambda: served(shop.ask(buyer, "GET", order)))
    assert page["status"] == "paid"
