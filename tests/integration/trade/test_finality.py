"""A large order on a chain whose policy asks for a final block, against a real chain."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from souk.adapters.evm.registry import Deployment
from souk.modules.books.service import Books
from tests.support.clock import MovableClock
from tests.support.shop import Person, Shop
from tests.support.stack import Chain
from tests.support.strict_shop import asking_for_final

# Of the local chain: the block is 16 below the head when it is safe, 32 when it is final.
_BLOCKS_TO = {"included": 1, "confirmed": 1, "safe": 15, "final": 16}


@pytest.fixture
def strict(
    database_url: str,
    redis_url: str,
    deployed_chain: tuple[Chain, Deployment],
    clock: MovableClock,
    tmp_path: Path,
) -> Iterator[Shop]:
    """A shop that asks for final blocks from a hundred dollars on."""
    place = (database_url, redis_url), deployed_chain, clock, tmp_path
    with asking_for_final(*place, since=10_000) as running:
        yield running


def ordered(strict: Shop, buyer: Person, *, cents: int) -> str:
    """The id of an order whose payment has been sent, and stands in no block yet."""
    placed = strict.place(buyer, (strict.listing(strict.seller(), cents=cents), 1))
    for call in placed["payment"]["action"]["calls"]:
        strict.send(buyer, call, mine=False)
    return str(placed["orders"][0]["id"])


def test_pays_a_large_order_only_when_its_block_is_final(strict: Shop) -> None:
    buyer = strict.person("buyer")
    order_id = ordered(strict, buyer, cents=10_000)

    path = []
    for blocks in _BLOCKS_TO.values():
        strict.follow(blocks=blocks)
        order = strict.order(buyer, order_id)
        path.append((order["attempts"][0]["finality"]["reached"], order["status"]))

    assert path == [
        ("included", "pending_payment"),
        ("confirmed", "pending_payment"),
        ("safe", "pending_payment"),
        ("final", "paid"),
    ]
    steps = [step["to"] for step in strict.order(buyer, order_id)["history"]]
    assert steps == ["pending_payment", "paid"]


def test_pays_a_small_order_by_its_depth_beside_it(strict: Shop) -> None:
    buyer = strict.person("buyer")
    order_id = ordered(strict, buyer, cents=9_999)

    strict.follow(blocks=2)

    order = strict.order(buyer, order_id)
    assert order["status"] == "paid"
    assert order["attempts"][0]["finality"] == {"awaited": "confirmed", "reached": "confirmed"}


def test_says_what_is_awaited_before_anything_is_seen(strict: Shop) -> None:
    buyer = strict.person("buyer")
    order_id = ordered(strict, buyer, cents=10_000)

    order = strict.order(buyer, order_id)
    payment_id = order["attempts"][0]["payment_id"]
    payment = strict.ask(buyer, "GET", f"/api/payments/{payment_id}").json()

    assert order["attempts"][0]["finality"] == {"awaited": "final", "reached": None}
    assert payment["attempts"][0]["legs"][0]["finality"] == "final"
    assert payment["attempts"][0]["route"]["seconds_to_finality"] == 32


def test_lists_what_is_asked_of_which_amount(strict: Shop) -> None:
    listed = strict.api("GET", "/api/payments/methods").json()["data"]

    [escrow] = [method for method in listed if method["chain_id"] is not None]
    steps = [(step["level"], step["since"]["amount"]) for step in escrow["finality"]]
    assert steps == [("confirmed", "0"), ("final", "10000")]


def test_breaks_no_rule_of_the_books_while_it_waits(strict: Shop) -> None:
    ordered(strict, strict.person("buyer"), cents=10_000)
    strict.follow(blocks=20)
    strict.clock.advance(minutes=10)

    assert strict.container.get(Books).check() == []
