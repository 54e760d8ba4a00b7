"""A purchase over HTTP, from placing to the seller's money, against a real chain."""

from souk.adapters.evm.escrow import calls
from souk.core.unit_of_work import UnitOfWork
from souk.modules.payments.service import Payments
from tests.support.shop import Person, Shop


def test_pays_and_completes_when_everybody_does_their_part(shop: Shop) -> None:
    seller, buyer = shop.seller(), shop.person("buyer")
    placed = shop.paid(buyer, (shop.listing(seller), 1))
    order_id = placed["orders"][0]["id"]
    assert shop.order(buyer, order_id)["status"] == "paid"

    shipped = shop.move(seller, order_id, "shipped", tracking={"carrier": "Post", "code": "1"})
    shop.sign(seller, shipped.json()["action"])
    shop.follow(blocks=2)
    assert shop.move(buyer, order_id, "delivered").status_code == 200
    shop.sign(buyer, shop.move(buyer, order_id, "completed").json()["action"])
    shop.follow(blocks=2)

    order = shop.order(seller, order_id)
    assert [step["to"] for step in order["history"]] == [
        "pending_payment",
        "paid",
        "processing",
        "shipped",
        "delivered",
        "completed",
    ]
    assert order["payment_status"] == "released"


def test_pays_the_seller_less_the_fee_when_released(shop: Shop) -> None:
    seller, buyer = shop.seller(), shop.person("buyer")
    order_id = shop.paid(buyer, (shop.listing(seller), 1))["orders"][0]["id"]
    before = shop.balance(seller.address)

    shop.sign(buyer, shop.move(buyer, order_id, "completed").json()["action"])
    shop.follow(blocks=2)

    [money] = shop.order(buyer, order_id)["money"]
    held, fee = int(money["held"]["amount"]), int(money["fee"]["amount"])
    assert fee == held * 250 // 10_000
    assert shop.balance(seller.address) - before == held - fee


def test_opens_one_order_a_seller_when_the_cart_has_two(shop: Shop) -> None:
    first, second, buyer = shop.seller("first"), shop.seller("second"), shop.person("buyer")

    placed = shop.paid(buyer, (shop.listing(first), 1), (shop.listing(second, cents=700), 3))

    totals = sorted(int(order["total"]["amount"]) for order in placed["orders"])
    assert totals == [2_100, 5_000]
    statuses = {shop.order(buyer, order["id"])["status"] for order in placed["orders"]}
    assert statuses == {"paid"}


def test_returns_the_money_when_the_seller_cancels_a_paid_order(shop: Shop) -> None:
    seller, buyer = shop.seller(), shop.person("buyer")
    listing = shop.listing(seller, stock=1)
    order_id = shop.paid(buyer, (listing, 1))["orders"][0]["id"]

    shop.sign(seller, shop.move(seller, order_id, "cancelled", reason="broken").json()["action"])
    shop.follow(blocks=2)

    order = shop.order(buyer, order_id)
    assert (order["status"], order["payment_status"]) == ("cancelled", "refunded")
    product = shop.ask(None, "GET", f"/api/marketplace/products/{listing}").json()
    assert product["available"] == 1


def test_returns_all_of_a_dispute_when_the_seller_cancels_after_the_arbiters_time(
    shop: Shop,
) -> None:
    seller, buyer = shop.seller(), shop.person("buyer")
    order_id = shop.paid(buyer, (shop.listing(seller), 1))["orders"][0]["id"]
    shop.sign(seller, shop.move(seller, order_id, "shipped").json()["action"])
    shop.follow(blocks=2)
    dispute(shop, buyer, order_id)
    shop.chain.move_time(31 * 86_400)
    shop.follow(blocks=2)

    shop.sign(seller, shop.move(seller, order_id, "cancelled").json()["action"])
    shop.follow(blocks=2)

    order = shop.order(buyer, order_id)
    assert (order["status"], order["payment_status"]) == ("cancelled", "refunded")


def dispute(shop: Shop, who: Person, order_id: str) -> None:
    """A party calls the arbiter, at the contract itself."""
    with shop.container.get(UnitOfWork).begin() as tx:
        leg = shop.container.get(Payments).held_leg(tx, order_id)
    call = {"chain_id": leg.chain_id, "to": leg.contract, "value": "0"}
    shop.send(who, {**call, "data": calls.dispute(leg.terms)})
    shop.follow(blocks=2)


def test_stays_processing_until_the_chain_says_shipped(shop: Shop) -> None:
    seller, buyer = shop.seller(), shop.person("buyer")
    order_id = shop.paid(buyer, (shop.listing(seller), 1))["orders"][0]["id"]

    answer = shop.move(seller, order_id, "shipped").json()

    assert answer["status"] == "processing"
    assert answer["action"]["type"] == "needs_signature"
    assert shop.order(buyer, order_id)["status"] == "processing"


def test_ships_and_delivers_when_the_goods_are_digital(shop: Shop) -> None:
    seller, buyer = shop.seller(), shop.person("buyer")
    listing = shop.listing(seller, kind="digital", handling_days=None, transit_days=None)
    order_id = shop.paid(buyer, (listing, 1))["orders"][0]["id"]

    shipped = shop.move(seller, order_id, "shipped").json()
    delivered = shop.move(buyer, order_id, "delivered").json()

    assert (shipped["status"], shipped["action"]["type"]) == ("shipped", "executed")
    assert delivered["status"] == "delivered"


def test_writes_nothing_when_the_rail_refuses_to_fulfil(shop: Shop) -> None:
    seller, buyer = shop.seller(), shop.person("buyer")
    order_id = shop.paid(buyer, (shop.listing(seller), 1))["orders"][0]["id"]
    shop.chain.move_time(30 * 86_400)
    shop.follow(blocks=2)

    tracking = {"carrier": "dhl", "code": "X1"}
    answer = shop.move(seller, order_id, "shipped", tracking=tracking)

    order = shop.order(buyer, order_id)
    assert (answer.status_code, answer.json()["code"]) == (409, "deadline_passed")
    assert (order["status"], order["tracking"]) == ("paid", [])
