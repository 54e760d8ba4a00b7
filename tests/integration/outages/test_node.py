"""The chain's node is away: everything but its own answers goes on, and nothing is lost."""

import socket
from contextlib import suppress

import httpx
from eth_account import Account

from souk.adapters.evm.presence import AT_ONE_CHAIN, AWAY_FOR
from souk.embedded.anvil import DEVELOPMENT_KEY
from souk.modules.trade.domain import Moved
from souk.modules.trade.service import Deliveries
from tests.integration.outages.conftest import Grid
from tests.support.shop import Person, Shop
from tests.support.shop_names import ShopNames
from tests.support.threads import at_once

KEEPER_ADDRESS = Account.from_key(DEVELOPMENT_KEY).address


def pay_at_once(shop: Shop, buyer: Person, listing: str) -> httpx.Response:
    """Place an order and ask for the calls that pay it; always the same request."""
    items = [{"listing_id": listing, "quantity": 1}]
    body = {"items": items, "pay": shop.choice(buyer)}
    return shop.ask(buyer, "POST", "/api/orders", body, key="one purchase")


def test_serves_reads_when_the_node_is_away(
    shop: Shop, grid: Grid, buyer: Person, listing: str
) -> None:
    order_id = shop.place(buyer, (listing, 1))["orders"][0]["id"]
    with grid.node.cut():
        paths = ["/api/marketplace/products", f"/api/orders/{order_id}", "/api/config"]
        answers = [shop.ask(buyer, "GET", path).status_code for path in paths]
    assert answers == [200, 200, 200]


def test_places_an_order_when_the_node_is_away(
    shop: Shop, grid: Grid, buyer: Person, listing: str
) -> None:
    with grid.node.cut():
        placed = shop.place(buyer, (listing, 1), pay=False)
    assert placed["orders"][0]["status"] == "pending_payment"


def test_places_an_order_and_keeps_the_name_when_the_node_of_names_is_away(
    shop: Shop, grid: Grid, buyer: Person, seller: Person, listing: str
) -> None:
    label = seller.seller_id.removeprefix("sel_")
    names = ShopNames(shop)
    names.register(label, seller.address)
    shop.ask(seller, "POST", "/api/ens/verify", {"ens_name": f"{label}.eth"})
    names.point(label, buyer.address)
    shop.clock.advance(minutes=1)
    with grid.node.cut():
        placed = shop.place(buyer, (listing, 1), pay=False)
        page = shop.ask(None, "GET", f"/api/marketplace/sellers/{seller.seller_id}").json()

    assert placed["orders"][0]["status"] == "pending_payment"
    assert page["ens_name"] == f"{label}.eth"


def test_asks_to_come_back_with_a_payment_when_the_node_is_away(
    shop: Shop, grid: Grid, buyer: Person, listing: str
) -> None:
    with grid.node.cut():
        refused = pay_at_once(shop, buyer, listing)
    assert refused.headers["content-type"] == "application/problem+json"
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (503, "provider_unavailable")
    assert problem["retryable"] is True
    assert refused.headers["Retry-After"] == "1"


def test_starts_the_payment_once_when_the_node_is_back(
    shop: Shop, grid: Grid, buyer: Person, listing: str
) -> None:
    with grid.node.cut():
        for _ in range(3):
            assert pay_at_once(shop, buyer, listing).status_code == 503
    shop.clock.advance(seconds=AWAY_FOR.total_seconds())
    placed = pay_at_once(shop, buyer, listing)
    assert placed.status_code == 201, placed.text
    shop.sign(buyer, placed.json()["payment"]["action"])
    shop.follow(blocks=2)
    assert shop.order(buyer, placed.json()["orders"][0]["id"])["status"] == "paid"


def test_hands_out_calls_unchecked_when_the_node_is_away(
    shop: Shop, grid: Grid, buyer: Person, seller: Person, listing: str
) -> None:
    order_id = shop.paid(buyer, (listing, 1))["orders"][0]["id"]
    with grid.node.cut():
        asked = shop.move(seller, order_id, "shipped")
    assert asked.json()["action"]["type"] == "needs_signature"


def test_lets_few_wait_for_what_the_contract_says_when_the_node_stands_still(
    shop: Shop, grid: Grid, buyer: Person, seller: Person, listing: str
) -> None:
    order_id = shop.paid(buyer, (listing, 1))["orders"][0]["id"]
    caller, deliveries = shop.container.authenticate(seller.token), shop.container.get(Deliveries)
    with grid.node.still() as node:
        asked = at_once(2 * AT_ONE_CHAIN, lambda _: deliveries.ship(caller, order_id, None))
        callers = count_callers(node)

    assert {type(one) for one in asked} == {Moved}
    assert 1 <= callers <= AT_ONE_CHAIN


def count_callers(node: socket.socket) -> int:
    """How many have connected to a node that stands still."""
    node.setblocking(False)
    called = 0
    with suppress(BlockingIOError):
        while True:
            node.accept()[0].close()
            called += 1
    return called


def test_takes_in_what_was_missed_when_the_node_is_back(
    shop: Shop, grid: Grid, buyer: Person, listing: str
) -> None:
    placed = shop.place(buyer, (listing, 1))
    with grid.node.cut():
        shop.sign(buyer, placed["payment"]["action"])
        shop.follow(blocks=2)
        missed = shop.order(buyer, placed["orders"][0]["id"])["status"]
    shop.follow()
    caught_up = shop.order(buyer, placed["orders"][0]["id"])["status"]
    assert (missed, caught_up) == ("pending_payment", "paid")


def test_tells_whom_a_name_stands_for_when_the_node_answers(shop: Shop) -> None:
    found = shop.ask(None, "GET", "/api/ens/validate/FigAndOlive.eth").json()

    assert (found["name"], found["lookup"]["state"]) == ("figandolive.eth", "held")
    assert found["lookup"]["address"] == found["lookup"]["owner"] == KEEPER_ADDRESS


def test_says_so_and_edits_stores_all_the_same_when_names_cannot_be_looked_up(
    shop: Shop, grid: Grid, seller: Person
) -> None:
    page = f"/api/marketplace/sellers/{seller.seller_id}"
    with grid.node.cut():
        found = shop.ask(None, "GET", "/api/ens/validate/figandolive.eth").json()
        suggested = shop.ask(None, "GET", "/api/ens/suggestions/figandolive")
        wish = {"ens_name": "figandolive.eth"}
        shown = shop.ask(seller, "POST", "/api/ens/verify", wish, key="a name")
        profile = shop.ask(None, "GET", page)

    assert (found["valid"], found["lookup"]) == (True, None)
    assert found["unavailable"]["retryable"] is True
    assert [(one.status_code, one.json()["retryable"]) for one in (suggested, shown)] == [
        (503, True),
        (503, True),
    ]
    assert (profile.status_code, profile.json()["ens_name"]) == (200, None)
