"""A purchase, as the servers of those whom it concerns are told of it."""

import json
from collections.abc import Iterator

import pytest

from souk.bootstrap.container import Container
from souk.modules.webhooks.service import Sender
from tests.support.merchant import Merchant, merchant
from tests.support.shop import Person, Shop
from tests.support.webhook_builders import is_signed, send_due


@pytest.fixture
def servers() -> Iterator[list[Merchant]]:
    with merchant() as buyers, merchant() as first, merchant() as second:
        yield [buyers, first, second]


def listen(shop: Shop, who: Person, server: Merchant) -> str:
    """Make an endpoint; its secret."""
    made = shop.ask(who, "POST", "/api/webhooks/endpoints", {"url": server.url})
    assert made.status_code == 201, made.text
    return made.json()["secret"]


def deliver(container: Container) -> None:
    while send_due(container.get(Sender)):
        pass


def told(server: Merchant) -> list[tuple[str, object]]:
    """(type, what it is about) of each message, in the order of what happened."""
    found = sorted((hook.id, json.loads(hook.body)) for hook in server.hooks)
    return [(body["type"], body["data"].get("orders") or body["data"]["to"]) for _id, body in found]


def ids_by_seller(placed: dict, *sellers: Person) -> list[str]:
    ids = {order["seller_id"]: order["id"] for order in placed["orders"]}
    return [ids[seller.seller_id] for seller in sellers]


def test_purchase_is_told_to_each_party_of_its_own_orders(
    shop: Shop, servers: list[Merchant]
) -> None:
    buyer, first, second = shop.person("buyer"), shop.seller("first"), shop.seller("second")
    secrets = [listen(shop, *pair) for pair in zip([buyer, first, second], servers, strict=True)]
    placed = shop.paid(buyer, (shop.listing(first), 1), (shop.listing(second), 1))
    deliver(shop.container)

    of_first, of_second = ([order] for order in ids_by_seller(placed, first, second))
    for server, orders in zip(
        servers, [sorted(of_first + of_second), of_first, of_second], strict=True
    ):
        assert told(server) == [
            *[("order.status_changed", "pending_payment")] * len(orders),
            ("payment.created", orders),
            *[("order.status_changed", "paid")] * len(orders),
            ("payment.completed", orders),
        ]
    for server, secret in zip(servers, secrets, strict=True):
        assert [is_signed(hook, secret) for hook in server.hooks] == [True] * len(server.hooks)
