"""What follows from a chain's raw logs equals what we have, down to each leg."""

import pytest

from souk.modules.books.service import Rebuilding, Rebuilt
from souk.modules.chain.service import Chains
from tests.support.reconciling import execute
from tests.support.shop import Shop

CHAIN_ID = 31337


def rebuilt(shop: Shop) -> Rebuilt:
    return shop.container.get(Rebuilding).check(CHAIN_ID)


def mend(shop: Shop) -> int:
    """How many legs were changed."""
    return shop.container.get(Rebuilding).mend(CHAIN_ID)[1]


def a_bought_shop(shop: Shop) -> str:
    """Orders that are paid, released, refunded and not paid; the id of the released one."""
    seller, buyer = shop.seller(), shop.person("buyer")
    listing = shop.listing(seller, stock=9)
    released = shop.paid(buyer, (listing, 1))["orders"][0]["id"]
    refunded = shop.paid(buyer, (listing, 1))["orders"][0]["id"]
    shop.paid(buyer, (listing, 1))
    shop.place(buyer, (listing, 1))
    shop.sign(buyer, shop.move(buyer, released, "completed").json()["action"])
    shop.sign(seller, shop.move(seller, refunded, "cancelled").json()["action"])
    shop.follow(blocks=2)
    return released


@pytest.mark.pitfall("W8")
def test_equals_what_we_have_when_everything_was_heard(shop: Shop) -> None:
    a_bought_shop(shop)

    found = rebuilt(shop)

    assert (found.equal, found.legs, found.waiting) == (True, 4, 0)
    assert found.record.facts == 5


def test_equals_what_we_have_when_a_payment_left_the_chain(shop: Shop) -> None:
    a_bought_shop(shop)
    shop.chain.call("anvil_reorg", 4, [])
    shop.follow(blocks=5)

    found = rebuilt(shop)

    assert (found.equal, found.record.facts) == (True, 3)


def test_leaves_a_leg_out_when_news_of_it_is_on_its_way(shop: Shop) -> None:
    seller, buyer = shop.seller(), shop.person("buyer")
    placed = shop.place(buyer, (shop.listing(seller), 1))
    shop.sign(buyer, placed["payment"]["action"])
    shop.chain.mine(2)
    shop.container.get(Chains).advance(CHAIN_ID)

    found = rebuilt(shop)

    assert (found.unlike, found.legs, found.waiting) == ((), 0, 1)


@pytest.mark.parametrize(
    "change", ["released = 0", "fee = fee + 1", "status = 'held'", "deadline = now()"]
)
def test_finds_a_leg_that_says_something_else(shop: Shop, change: str) -> None:
    order_id = a_bought_shop(shop)

    execute(shop, f"UPDATE payment_attempt_leg SET {change} WHERE order_id = '{order_id}'")

    [unlike] = rebuilt(shop).unlike
    assert unlike.leg.order_id == order_id


def test_sets_a_leg_right_that_says_something_else(shop: Shop) -> None:
    order_id = a_bought_shop(shop)
    execute(shop, f"UPDATE payment_attempt_leg SET released = 0 WHERE order_id = '{order_id}'")

    changed = [mend(shop), mend(shop)]

    assert changed == [1, 0]
    assert rebuilt(shop).equal


def test_sets_legs_right_by_the_ordinary_way_when_the_record_was_lost(shop: Shop) -> None:
    a_bought_shop(shop)
    execute(shop, "DELETE FROM chain_effect")

    mend(shop)
    shop.follow()

    found = rebuilt(shop)
    assert (found.record.equal, found.unlike) == (True, ())
