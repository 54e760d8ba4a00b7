"""Checkouts that are not paid, paid late, or given up."""

from tests.support.shop import Shop


def _available(shop: Shop, listing: str) -> int:
    return shop.ask(None, "GET", f"/api/marketplace/products/{listing}").json()["available"]


def test_expires_and_frees_the_stock_when_nobody_pays(shop: Shop) -> None:
    buyer = shop.person("buyer")
    listing = shop.listing(shop.seller(), stock=1)
    order_id = shop.place(buyer, (listing, 1), pay=False)["orders"][0]["id"]
    shop.clock.advance(minutes=16)

    shop.fire_timers()

    assert shop.order(buyer, order_id)["status"] == "expired"
    assert _available(shop, listing) == 1


def test_waits_for_the_chains_clock_when_a_payment_was_started(shop: Shop) -> None:
    buyer = shop.person("buyer")
    listing = shop.listing(shop.seller(), stock=1)
    order_id = shop.place(buyer, (listing, 1))["orders"][0]["id"]
    shop.clock.advance(hours=2)
    shop.fire_timers()
    assert shop.order(buyer, order_id)["status"] == "pending_payment"

    shop.chain.move_time(3_600)
    shop.follow(blocks=3)
    shop.fire_timers()

    order = shop.order(buyer, order_id)
    assert (order["status"], order["attempts"][0]["status"]) == ("expired", "expired")


def test_keeps_waiting_when_the_payment_stands_unhandled_on_the_chain(shop: Shop) -> None:
    buyer = shop.person("buyer")
    placed = shop.place(buyer, (shop.listing(shop.seller()), 1))
    shop.sign(buyer, placed["payment"]["action"])
    shop.follow()
    shop.clock.advance(hours=2)

    shop.fire_timers()

    order = shop.order(buyer, placed["orders"][0]["id"])
    assert (order["status"], order["attempts"][0]["status"]) == ("pending_payment", "confirming")


def test_cancels_the_whole_checkout_when_the_buyer_gives_it_up(shop: Shop) -> None:
    first, second, buyer = shop.seller("first"), shop.seller("second"), shop.person("buyer")
    wanted = ((shop.listing(first), 1), (shop.listing(second), 1))
    orders = shop.place(buyer, *wanted)["orders"]

    answer = shop.move(buyer, orders[0]["id"], "cancelled", reason="changed my mind")

    assert answer.json()["status"] == "cancelled"
    assert {shop.order(buyer, order["id"])["status"] for order in orders} == {"cancelled"}


def test_refuses_a_seller_who_would_cancel_another_stores_order(shop: Shop) -> None:
    first, second, buyer = shop.seller("first"), shop.seller("second"), shop.person("buyer")
    wanted = ((shop.listing(first), 1), (shop.listing(second), 1))
    orders = shop.place(buyer, *wanted)["orders"]
    own = next(order for order in orders if order["seller_id"] == first.seller_id)

    answer = shop.move(first, own["id"], "cancelled")

    assert (answer.status_code, answer.json()["code"]) == (403, "not_your_part")
    assert {shop.order(buyer, order["id"])["status"] for order in orders} == {"pending_payment"}


def test_refuses_to_cancel_when_a_payment_is_under_way(shop: Shop) -> None:
    buyer = shop.person("buyer")
    placed = shop.place(buyer, (shop.listing(shop.seller()), 1))
    shop.sign(buyer, placed["payment"]["action"])
    shop.follow()

    answer = shop.move(buyer, placed["orders"][0]["id"], "cancelled")

    assert (answer.status_code, answer.json()["code"]) == (409, "payment_under_way")


def test_owes_the_money_back_when_it_comes_after_cancelling(shop: Shop) -> None:
    buyer = shop.person("buyer")
    placed = shop.place(buyer, (shop.listing(shop.seller()), 1))
    order_id = placed["orders"][0]["id"]
    shop.move(buyer, order_id, "cancelled")

    shop.sign(buyer, placed["payment"]["action"])
    shop.follow(blocks=2)

    order = shop.order(buyer, order_id)
    assert order["status"] == "cancelled"
    assert [due["status"] for due in order["refunds_due"]] != []


def test_pays_once_when_the_payment_is_orphaned_and_mined_again(shop: Shop) -> None:
    buyer = shop.person("buyer")
    placed = shop.place(buyer, (shop.listing(shop.seller()), 1))
    order_id = placed["orders"][0]["id"]
    [call] = placed["payment"]["action"]["calls"]
    shop.follow(blocks=1)
    shop.send(buyer, call)
    shop.follow(blocks=2)
    assert shop.order(buyer, order_id)["status"] == "paid"

    shop.chain.call("anvil_reorg", 3, [])
    shop.follow()
    assert shop.order(buyer, order_id)["status"] == "pending_payment"
    shop.send(buyer, call)
    shop.follow(blocks=3)

    order = shop.order(buyer, order_id)
    path = [step["to"] for step in order["history"]]
    assert path == ["pending_payment", "paid", "pending_payment", "paid"]
    assert order["money"][0]["held"] == order["attempts"][0]["total"]
