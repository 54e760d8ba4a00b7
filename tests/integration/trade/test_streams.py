"""The event stream of an order, as it goes over the wire."""

import asyncio
import json
from datetime import timedelta

from souk.modules.trade.api import OrderWatch
from souk.modules.trade.domain import TimelineLinks
from souk.modules.trade.service import Cancellations
from tests.support.shop import Person, Shop


def an_order(shop: Shop) -> tuple[Person, str]:
    buyer = shop.person("buyer")
    placed = shop.place(buyer, (shop.listing(shop.seller()), 1), pay=False)
    return buyer, placed["orders"][0]["id"]


def a_key(shop: Shop, order_id: str, *, seconds: float) -> str:
    """A key that was made long ago and ends soon."""
    links, now = shop.container.get(TimelineLinks), shop.clock.now()
    made = links.key(order_id, now)
    ends_at = links.require(order_id, made, now)
    shop.clock.advance(seconds=(ends_at - now - timedelta(seconds=seconds)).total_seconds())
    return made


def test_tells_the_order_at_once_and_ends_with_its_key(shop: Shop) -> None:
    _buyer, order_id = an_order(shop)
    key = a_key(shop, order_id, seconds=1)

    answer = shop.api("GET", f"/api/orders/{order_id}/events?key={key}")

    assert answer.headers["content-type"].startswith("text/event-stream")
    event, data, *rest = answer.text.split("\n")
    assert (event, rest[0]) == ("event: order", "")
    assert json.loads(data.removeprefix("data: "))["status"] == "pending_payment"


def test_refuses_a_stream_when_too_many_follow_the_order(shop: Shop) -> None:
    buyer, order_id = an_order(shop)
    watch = shop.container.get(OrderWatch)

    async def crowd() -> list[object]:
        return [watch.open(order_id) for _ in range(20)]

    crowded = shop.api.run(crowd())
    answer = shop.ask(buyer, "GET", f"/api/orders/{order_id}/events")

    assert len(crowded) == 20
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_streams")
    assert answer.headers["retry-after"] == "30"


def test_tells_a_change_when_it_is_committed(shop: Shop) -> None:
    buyer, order_id = an_order(shop)
    caller = shop.container.authenticate(buyer.token)
    cancellations = shop.container.get(Cancellations)

    async def run() -> tuple[bytes | None, bytes | None]:
        watch = shop.container.get(OrderWatch)
        with watch.open(order_id) as viewer:
            first = await viewer.changed(10)
            await asyncio.to_thread(cancellations.cancel, caller, order_id, "changed my mind")
            return first, await viewer.changed(10)

    assert [json.loads(told or b"")["status"] for told in shop.api.run(run())] == [
        "pending_payment",
        "cancelled",
    ]
