"""Rule 2 in SQL: a page names only tables of its own and lower modules, nobody writes others'."""

import tomllib

import pytest

from .robots.tables import find_foreign_tables, owners
from .robots.tree import MODULES, ROOT, Source, listing, snippet, sources

ORDER = ("trade", "orders", "ledger", "catalog")
OWNERS = {
    "orders": "orders",
    "order_line": "orders",
    "trade_terms": "trade",
    "order_money": "ledger",
    "payment_status": "ledger",
    "outbox": "core",
}


def module_order() -> list[str]:
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = configuration["tool"]["importlinter"]["contracts"]
    layers = next(c["layers"] for c in contracts if c["name"] == "module order")
    return [name.strip() for layer in layers for name in layer.split("|")]


def found(text: str, path: str = "orders/queries.py") -> str:
    file = snippet(text, f"{MODULES}/{path}")
    return listing(find_foreign_tables([file], OWNERS, ORDER))


def test_names_only_tables_that_are_in_reach() -> None:
    known = owners(sources("backend"))

    assert listing(find_foreign_tables(sources(MODULES), known, module_order())) == ""


def test_knows_an_owner_for_every_kind_of_relation() -> None:
    model = "class Order(Base):\n    __tablename__ = 'orders'\n"
    view = 'op.execute("""CREATE VIEW order_money AS SELECT 1""")'
    files = [
        Source(f"{MODULES}/orders/models.py", model),
        Source("backend/souk/core/outbox.py", model.replace("orders", "outbox")),
        Source("backend/migrations/versions/0007_ledger.py", view),
    ]

    assert owners(files) == {"orders": "orders", "outbox": "core", "order_money": "ledger"}


@pytest.mark.parametrize(
    "text",
    [
        "Q = 'SELECT id FROM trade_terms'\n",
        "Q = 'WITH x AS (SELECT id FROM trade_terms) SELECT * FROM x'\n",
        "Q = 'SELECT 1 FROM orders JOIN LATERAL (SELECT * FROM trade_terms) t ON true'\n",
        "T = 'trade_terms'\nQ = f'SELECT id FROM {T} WHERE id = %(id)s'\n",
        "Q = 'SELECT id ' + 'FROM trade_terms'\n",
        "async def f(r):\n    return r.document('SELECT id FROM trade_terms', {})\n",
        "PART = ' JOIN trade_terms t ON t.id = x.id'\n",
    ],
)
def test_flags_a_query_when_it_names_an_upper_module(text: str) -> None:
    assert "names trade_terms of trade" in found(text)


def test_flags_a_query_when_it_calls_an_upper_module() -> None:
    assert "calls payment_status of ledger" in found(
        "Q = 'SELECT payment_status(id) FROM c'", "catalog/queries.py"
    )


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("Q = 'SELECT 1 FROM order_money'", "orders/repository.py", "names order_money of ledger"),
        ("Q = 'UPDATE outbox SET x = 1'", "orders/repository.py", "writes outbox of core"),
        ("Q = 'DELETE FROM orders'", "orders/queries.py", "never writes"),
        ("Q = 'SELECT 1 FROM nowhere'", "orders/queries.py", "no model or migration declares"),
        ("Q = 'SELECT 1 FROM (((' ", "orders/queries.py", "cannot be read"),
    ],
)
def test_flags_sql_when_it_reaches_too_far(text: str, path: str, expected: str) -> None:
    assert expected in found(text, path)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("Q = 'SELECT payment_status(id) FROM orders, order_money, outbox'", "orders/queries.py"),
        ("Q = 'WITH p AS (SELECT 1) SELECT rfc3339(now()) FROM p'", "orders/queries.py"),
        ("Q = 'SELECT u.x FROM unnest(%(ids)s::text[]) u(x)'", "orders/queries.py"),
        ("Q = 'UPDATE orders SET x = :from WHERE y = ANY(:all)'", "orders/repository.py"),
        ('def f():\n    """Select from trade_terms what the buyer wrote."""\n', "orders/api.py"),
        ("raise X('the rate comes from trade_terms')", "trade/service.py"),
    ],
)
def test_passes_sql_when_it_stays_in_reach(text: str, path: str) -> None:
    assert found(text, path) == ""
