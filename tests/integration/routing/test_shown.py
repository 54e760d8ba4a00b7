"""A payment that is kept to be shown again: to whom, and how soon a change is seen."""

from collections.abc import Iterator
from contextlib import closing
from threading import Event, Thread

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from souk.core.inbox import InboxSweeper
from souk.core.jobs import drain_outbox
from souk.core.outbox import OutboxRelay
from souk.core.principal import Principal
from souk.core.wakeups import PostgresBus
from souk.modules.payments.service import Payments
from souk.settings import RedisSettings
from tests.support.shop import NATIVE
from tests.support.waiting import eventually
from tests.support.wallet_purchases import Purchase, a_purchase


def rewrite(purchase: Purchase) -> None:
    """Change the row, and tell nobody."""
    with purchase.shop.container.engine.begin() as connection:
        connection.execute(
            text("UPDATE payment SET closed_reason = 'rewritten' WHERE id = :id"),
            {"id": purchase.payment_id},
        )


def test_shows_again_what_was_shown_a_moment_ago(shop) -> None:
    purchase = a_purchase(shop)
    first = purchase.payment()
    rewrite(purchase)

    assert purchase.payment() == first


def test_shows_a_change_to_whoever_made_it_at_once(shop) -> None:
    purchase = a_purchase(shop)
    purchase.process(token=NATIVE)
    before = purchase.payment()

    purchase.ask("POST", f"/{purchase.payment_id}/cancel")

    states = [each["attempts"][0]["status"] for each in (before, purchase.payment())]
    assert states == ["awaiting_payer", "cancelled"]


def test_shows_a_change_when_it_was_told(shop) -> None:
    purchase = a_purchase(shop)
    started = purchase.process(token=NATIVE).json()
    shop.sign(purchase.buyer, started["action"])
    before = purchase.payment()

    shop.follow(blocks=2)

    assert (before["status"], purchase.payment()["status"]) == ("PENDING", "COMPLETED")


@pytest.fixture
def events(shop) -> Iterator[Thread]:
    """The worker of the queue `events`, as it runs in a process of its own."""
    engine, over = shop.container.engine, Event()
    relay = OutboxRelay(engine, shop.container.registry, shop.clock)
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with closing(PostgresBus(url)) as bus:
        loop = drain_outbox(relay, InboxSweeper(engine, {}, shop.clock), bus)
        worker = Thread(target=loop.run, args=(lambda: not over.is_set(),))
        worker.start()
        yield worker
        over.set()
        worker.join()


def test_shows_within_a_second_what_another_process_changed(shop, events) -> None:
    purchase = a_purchase(shop)
    purchase.process(token=NATIVE)
    purchase.payment()
    buyer = Principal(purchase.buyer.account_id, "ses_of_another_process")

    shop.container.get(Payments).cancel(buyer, purchase.payment_id)

    assert eventually(lambda: purchase.payment()["attempts"][0]["status"] == "cancelled", seconds=1)


@pytest.mark.pitfall("H3")
def test_shows_nobody_what_was_kept_for_the_buyer(shop) -> None:
    purchase = a_purchase(shop)
    purchase.payment()

    answer = shop.ask(shop.person("stranger"), "GET", f"/api/payments/{purchase.payment_id}")

    assert (answer.status_code, answer.json()["code"]) == (404, "payment_not_found")


@pytest.mark.pitfall("H3")
def test_keeps_apart_what_two_sellers_of_a_payment_are_shown(shop) -> None:
    sellers = [shop.seller("sofia"), shop.seller("sami")]
    buyer = shop.person("bruno")
    placed = shop.place(buyer, *((shop.listing(seller), 1) for seller in sellers))
    by_seller = {order["seller_id"]: order["id"] for order in placed["orders"]}
    places = [(who, by_seller[who.seller_id]) for who in sellers]

    def shown() -> list[list[str]]:
        asked = ((who, f"/api/payments/order/{order}") for who, order in places)
        pages = [shop.ask(who, "GET", path).json() for who, path in asked]
        return [[leg["order_id"] for leg in page["attempts"][0]["legs"]] for page in pages]

    own = [[order] for _who, order in places]
    assert [shown() for _ in range(3)] == [own] * 3
    assert shop.ask(sellers[0], "GET", f"/api/payments/order/{places[1][1]}").status_code == 404


def test_shows_payments_while_redis_is_away(opened) -> None:
    away = RedisSettings(redis_url=SecretStr("redis://127.0.0.1:1/0"))
    purchase = a_purchase(opened(redis=away))
    purchase.process(token=NATIVE)

    states = [purchase.payment()["status"] for _ in range(2)]
    purchase.ask("POST", f"/{purchase.payment_id}/cancel")

    assert states == ["PENDING", "PENDING"]
    assert purchase.payment()["attempts"][0]["status"] == "cancelled"
