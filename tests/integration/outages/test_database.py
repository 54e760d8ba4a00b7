"""The database is away: every request is told to come back, and finds its work when it does."""

import time

import httpx
import pytest

from tests.integration.outages.conftest import Grid
from tests.support.shop import Person, Shop
from tests.support.waiting import eventually

# What a person who looks at a page would wait for it, after the database has come back.
RECOVERY_SECONDS = 3


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
    shop: Shop, grid: Grid, method: str, path: str
) -> None:
    buyer = shop.person("buyer")
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


@pytest.mark.parametrize("path", ["/api/marketplace/products", "/api/auth/session"])
def test_serves_reads_soon_when_the_database_is_back(shop: Shop, grid: Grid, path: str) -> None:
    buyer = shop.person("buyer")
    with grid.database.cut():
        begun = time.monotonic()
        while time.monotonic() < begun + 8:
            assert shop.ask(buyer, "GET", path).status_code == 503
    eventually(
        lambda: shop.ask(buyer, "GET", path).status_code == 200,
        seconds=RECOVERY_SECONDS,
        what=f"{path} to be served",
    )


def test_places_the_order_once_when_the_database_is_back(shop: Shop, grid: Grid) -> None:
    buyer, listing = shop.person("buyer"), shop.listing(shop.seller(), stock=1)
    with grid.database.cut():
        assert place(shop, buyer, listing).status_code == 503
    first, again = place(shop, buyer, listing), place(shop, buyer, listing)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()


def test_loses_no_fact_when_the_database_was_away(shop: Shop, grid: Grid) -> None:
    buyer, listing = shop.person("buyer"), shop.listing(shop.seller())
    placed = shop.place(buyer, (listing, 1))
    shop.sign(buyer, placed["payment"]["action"])
    with grid.database.cut(), pytest.raises(Exception, match=r"(?i)database|connection"):
        shop.follow(blocks=2)
    shop.follow()
    order = f"/api/orders/{placed['orders'][0]['id']}"
    # The first look may meet a connection that was cut, and is then told to look again.
    page = eventually(lambda: served(shop.ask(buyer, "GET", order)))
    assert page["status"] == "paid"
