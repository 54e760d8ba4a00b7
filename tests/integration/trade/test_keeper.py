"""What the keeper settles when nobody else does."""

import pytest
from eth_account import Account

from souk.core.errors import ProviderRejected
from souk.embedded.anvil import DEVELOPMENT_KEY
from tests.support.shop import Person, Shop

_DAY = 24 * 3600


def _ship(shop: Shop, seller: Person, order_id: str) -> None:
    shop.sign(seller, shop.move(seller, order_id, "shipped").json()["action"])
    shop.follow(blocks=2)


def _keep(shop: Shop) -> int:
    sent = shop.keep()
    shop.follow(blocks=2)
    return sent


def test_releases_to_the_seller_when_the_buyers_time_is_over(shop: Shop) -> None:
    seller, buyer = shop.seller(), shop.person("buyer")
    order_id = shop.paid(buyer, (shop.listing(seller), 1))["orders"][0]["id"]
    _ship(shop, seller, order_id)
    shop.chain.move_time(13 * _DAY)
    shop.follow(blocks=2)

    assert _keep(shop) == 1

    order = shop.order(buyer, order_id)
    assert (order["status"], order["payment_status"]) == ("completed", "released")


def test_refunds_the_buyer_when_the_seller_never_ships(shop: Shop) -> None:
    seller, buyer = shop.seller(), shop.person("buyer")
    order_id = shop.paid(buyer, (shop.listing(seller), 1))["orders"][0]["id"]
    shop.chain.move_time(10 * _DAY)
    shop.follow(blocks=2)

    assert _keep(shop) == 1

    order = shop.order(buyer, order_id)
    assert (order["status"], order["payment_status"]) == ("cancelled", "refunded")


def test_does_nothing_when_no_deadline_has_passed(shop: Shop) -> None:
    seller, buyer = shop.seller(), shop.person("buyer")
    order_id = shop.paid(buyer, (shop.listing(seller), 1))["orders"][0]["id"]

    assert _keep(shop) == 0

    assert shop.order(buyer, order_id)["status"] == "paid"


def test_settles_several_orders_in_one_transaction_when_they_are_due(shop: Shop) -> None:
    seller, buyer = shop.seller(), shop.person("buyer")
    listing = shop.listing(seller)
    orders = [shop.paid(buyer, (listing, 1))["orders"][0]["id"] for _ in range(3)]
    shop.chain.move_time(10 * _DAY)
    shop.follow(blocks=2)

    assert _keep(shop) == 1

    assert {shop.order(buyer, order)["status"] for order in orders} == {"cancelled"}


def test_settles_the_others_when_the_contract_refuses_one(shop: Shop) -> None:
    seller, buyer = shop.seller(), shop.person("buyer")
    listing = shop.listing(seller)
    sent, kept = (shop.paid(buyer, (listing, 1))["orders"][0]["id"] for _ in range(2))
    _ship(shop, seller, sent)
    shop.chain.move_time(13 * _DAY)
    shop.follow(blocks=2)
    # Mined, but not taken in yet: for us it is still due.
    shop.sign(seller, shop.move(seller, kept, "cancelled").json()["action"])

    _keep(shop)

    assert shop.order(buyer, sent)["status"] == "completed"


def test_sends_nothing_twice_when_asked_again_before_the_block(shop: Shop) -> None:
    seller, buyer = shop.seller(), shop.person("buyer")
    shop.paid(buyer, (shop.listing(seller), 1))
    shop.chain.move_time(10 * _DAY)
    shop.follow(blocks=2)
    assert shop.keep() == 1

    assert shop.keep() == 0


def test_sends_the_same_batch_when_the_account_could_not_pay_for_it(shop: Shop) -> None:
    seller, buyer = shop.seller(), shop.person("buyer")
    order_id = shop.paid(buyer, (shop.listing(seller), 1))["orders"][0]["id"]
    shop.chain.move_time(10 * _DAY)
    shop.follow(blocks=2)
    keeper = Account.from_key(DEVELOPMENT_KEY).address
    shop.chain.call("anvil_setBalance", keeper, "0x0")
    with pytest.raises(ProviderRejected):
        shop.keep()
    shop.chain.call("anvil_setBalance", keeper, hex(10**20))

    assert _keep(shop) == 1

    assert shop.order(buyer, order_id)["status"] == "cancelled"
