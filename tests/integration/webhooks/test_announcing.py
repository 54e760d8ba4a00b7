"""Who is told of an event, and how often."""

import json

import pytest

from souk.modules.payments.events import PaymentCompleted, PaymentRefunded
from souk.modules.webhooks.domain import EventType
from tests.support.account_builders import an_account
from tests.support.payment_builders import Shop, a_shop
from tests.support.webhook_builders import (
    a_move,
    an_endpoint,
    announce,
    endpoints_on,
    rows,
    the_delivery,
)

ALL = (
    "SELECT e.account_id, d.type, d.event_id, d.body FROM webhook_delivery d"
    " JOIN webhook_endpoint e ON e.id = d.endpoint_id ORDER BY d.id"
)


@pytest.fixture
def shop(uow) -> Shop:
    return a_shop(uow, sellers=("sofia", "stefan"))


def about(shop: Shop, *orders: str) -> dict[str, object]:
    return {
        "payment_id": shop.payment_id,
        "checkout_id": shop.checkout.checkout_id,
        "buyer_id": shop.buyer.account_id,
        "orders": list(orders or shop.orders),
    }


def told(session) -> dict[str, object]:
    return {str(r["account_id"]): json.loads(str(r["body"]))["data"] for r in rows(session, ALL)}


def test_announce_tells_each_party_of_what_is_its_own(uow, shop, session) -> None:
    parties = [shop.buyer, an_account(uow, "sofia"), an_account(uow, "stefan")]
    for party in [*parties, an_account(uow, "nobody")]:
        an_endpoint(uow, party)
    assert announce(uow, PaymentCompleted(**about(shop))) == 3
    told_orders = {account: data["orders"] for account, data in told(session).items()}
    mine = {order.seller_account_id: [order.id] for order in shop.checkout.orders}
    assert told_orders == {shop.buyer.account_id: shop.orders, **mine}


def test_announce_tells_no_seller_of_anothers_order(uow, shop, session) -> None:
    for name in ("sofia", "stefan"):
        an_endpoint(uow, an_account(uow, name))
    first = shop.checkout.orders[0]
    money = {"amount": "7", "asset": "USD", "everything": False}
    assert announce(uow, PaymentRefunded(**about(shop, first.id), **money)) == 1
    assert list(told(session)) == [first.seller_account_id]


def test_announce_writes_the_message_that_is_sent(uow, shop, session, clock) -> None:
    an_endpoint(uow, shop.buyer)
    happened_at = clock.now()
    clock.advance(minutes=3)
    announce(uow, a_move(shop.order_id), "evt_7", at=happened_at)
    (row,) = rows(session, ALL)
    assert (row["type"], row["event_id"]) == ("order.status_changed", "evt_7")
    assert json.loads(str(row["body"])) == {
        "type": "order.status_changed",
        "timestamp": "2026-03-01T12:00:00.000Z",
        "data": {
            "order_id": shop.order_id,
            "from": "pending_payment",
            "to": "paid",
            "actor": "chain",
            "reason": "paid",
        },
    }


def test_announce_adds_nothing_when_it_is_repeated(uow, shop, session) -> None:
    an_endpoint(uow, shop.buyer)
    event = a_move(shop.order_id)
    assert [announce(uow, event, "evt_1"), announce(uow, event, "evt_1")] == [1, 0]
    assert the_delivery(session)["event_id"] == "evt_1"


def test_announce_tells_of_two_events_that_say_the_same(uow, shop) -> None:
    an_endpoint(uow, shop.buyer)
    event = a_move(shop.order_id)
    assert [announce(uow, event, "evt_1"), announce(uow, event, "evt_2")] == [1, 1]


def test_announce_tells_every_endpoint_of_an_account(uow, shop) -> None:
    for number in range(3):
        an_endpoint(uow, shop.buyer, f"https://shop.example/{number}")
    assert announce(uow, a_move(shop.order_id)) == 3


@pytest.mark.parametrize(
    ("events", "count"),
    [
        (None, 1),
        ([EventType.ORDER_STATUS_CHANGED], 1),
        ([EventType.PAYMENT_CREATED, EventType.ORDER_STATUS_CHANGED], 1),
        ([EventType.PAYMENT_CREATED], 0),
    ],
)
def test_announce_tells_only_what_was_asked_for(uow, shop, events, count: int) -> None:
    an_endpoint(uow, shop.buyer, events=events)
    assert announce(uow, a_move(shop.order_id)) == count


def test_announce_tells_nothing_to_an_endpoint_that_is_disabled(uow, shop) -> None:
    made = an_endpoint(uow, shop.buyer).endpoint
    endpoints_on(uow).edit(shop.buyer, made.id, {}, enabled=False)
    assert announce(uow, a_move(shop.order_id)) == 0


def test_announce_tells_nothing_to_an_endpoint_that_is_deleted(uow, shop) -> None:
    made = an_endpoint(uow, shop.buyer).endpoint
    endpoints_on(uow).remove(shop.buyer, made.id)
    assert announce(uow, a_move(shop.order_id)) == 0
