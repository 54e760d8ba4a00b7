"""The public list: filters, search, order and cursors."""

from dataclasses import dataclass

import httpx
import pytest
from sqlalchemy import text

from souk.core.unit_of_work import UnitOfWork
from tests.support.catalog_builders import a_listing
from tests.support.clock import MovableClock
from tests.support.http import Api
from tests.support.market import refused, shared_market
from tests.support.seller_builders import OpenedStore, a_seller

PRODUCTS = "/api/marketplace/products"


GOODS = [
    ("sofia", {"title": "Fig jam", "price": 900, "category": "food"}),
    ("sofia", {"title": "Running shoes", "price": 8000, "description": "For long runs."}),
    ("stefan", {"title": "Olive oil", "price": 2000, "category": "food"}),
    ("stefan", {"title": "Cookbook", "price": 2500, "description": "Figs and olives."}),
]


@dataclass(frozen=True)
class Shop:
    """A client, and what it finds: `GOODS` on sale from oldest to newest, by two stores."""

    api: Api
    uow: UnitOfWork
    stores: dict[str, OpenedStore]

    def get(self, query: str) -> httpx.Response:
        return self.api("GET", f"{PRODUCTS}{query}")


@pytest.fixture(scope="module")
def shop(databases):
    clock = MovableClock()
    with shared_market(databases, clock) as (api, uow):
        stores = {name: a_seller(uow, name) for name in ("sofia", "stefan")}
        for owner, terms in GOODS:
            a_listing(uow, stores[owner], **{"category": "misc", **terms})
            clock.advance(seconds=1)
        yield Shop(api, uow, stores)


def titles(answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["title"] for item in answer.json()["data"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Cookbook", "Olive oil", "Running shoes", "Fig jam"]),
        ("?category=food", ["Olive oil", "Fig jam"]),
        ("?category=none", []),
        ("?seller=sofia-shop", ["Running shoes", "Fig jam"]),
        ("?seller=SOFIA-shop&category=food", ["Fig jam"]),
        ("?seller=nobody", []),
        ("?q=fig", ["Cookbook", "Fig jam"]),
        ("?q=run", ["Running shoes"]),
        ("?q=food", ["Olive oil", "Fig jam"]),
        ('?q="olive oil"', ["Olive oil"]),
        ("?q=olive -cookbook", ["Olive oil"]),
        ("?q=shoes or oil", ["Olive oil", "Running shoes"]),
        ("?q='; DROP TABLE listing --", []),
        ("?q=%25 \\ ' \" ( & !", []),
        ("?q=the", []),
        ("?min_price=2000", ["Cookbook", "Olive oil", "Running shoes"]),
        ("?max_price=2000", ["Olive oil", "Fig jam"]),
        ("?min_price=1000&max_price=2000&q=olives", ["Olive oil"]),
        ("?min_price=3&max_price=2", []),
    ],
)
def test_list_shows_what_was_asked_for(shop, query, expected):
    assert titles(shop.get(query)) == expected


def test_list_finds_a_store_by_its_id(shop):
    found = shop.get(f"?seller={shop.stores['stefan'].id}")

    assert titles(found) == ["Cookbook", "Olive oil"]


@pytest.mark.parametrize("query", ["", "&category=food", "&q=fig or oil or shoes"])
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_list_shows_everything_once_when_it_is_paged(shop, query, limit):
    whole = titles(shop.get(f"?limit=100{query}"))
    seen, cursor = [], ""
    while cursor is not None:
        page = shop.get(f"?limit={limit}{query}{cursor}")
        seen += titles(page)
        following = page.json()["next_cursor"]
        cursor = following and f"&cursor={following}"

    assert seen == whole


def test_cursor_is_refused_when_it_belongs_to_other_filters(shop):
    cursor = shop.get("?limit=1").json()["next_cursor"]

    answer = shop.get(f"?limit=1&category=food&cursor={cursor}")

    assert refused(answer) == (422, "bad_cursor")


@pytest.mark.pitfall("H1")
@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "q=a%00b",
        "q=",
        f"q={'a' * 201}",
        "seller=a%00b",
        "category=%00",
        f"min_price={2**80}",
        "max_price=-1",
        "cursor=%00",
        "cursor=AAAA",
    ],
)
def test_list_is_refused_when_the_query_is_wrong(shop, query):
    assert refused(shop.get(f"?{query}"))[0] in (400, 422)


def plan_of(connection, query: str) -> str:
    connection.execute(text("SET LOCAL enable_seqscan = off"))
    return "\n".join(connection.scalars(text(f"EXPLAIN {query}")))


def test_search_uses_its_index(connection):
    query = "SELECT id FROM listing WHERE search @@ websearch_to_tsquery('fig')"

    assert "ix_listing_search" in plan_of(connection, query)


def test_newest_page_reads_its_index_backwards(connection):
    query = (
        "SELECT id FROM listing WHERE status = 'published'"
        " AND (published_at, id) < (now(), 'prd_x')"
        " ORDER BY published_at DESC, id DESC LIMIT 24"
    )

    assert "Only Scan Backward using ix_listing_newest" in plan_of(connection, query)
