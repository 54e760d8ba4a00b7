"""To which of a seller's wallets an attempt pays."""

from dataclasses import replace

import pytest

from souk.modules.payments.domain import LegStatus
from souk.modules.payments.errors import PartiesCollide
from tests.support.account_builders import a_wallet, an_account
from tests.support.catalog_builders import a_listing
from tests.support.order_builders import place
from tests.support.payment_builders import (
    CHAIN_ID,
    FixedPriceFeed,
    Shop,
    a_choice,
    payments_on,
    reached,
    write_blocks,
)
from tests.support.seller_builders import a_seller, pay_elsewhere

SOFIA, OWN = a_wallet("sofia").address, a_wallet("own").address


def a_shop_paid_to(uow, by_chain) -> Shop:
    """A checkout at a store that has wallets of single chains."""
    store = a_seller(uow)
    pay_elsewhere(uow, "sofia", "sofia", by_chain)
    buyer = an_account(uow, "bruno")
    checkout = place(uow, buyer, (a_listing(uow, store).id, 1))
    write_blocks(uow, Shop.now)
    payment_id = payments_on(uow).open(buyer, checkout.checkout_id)
    return Shop(uow, buyer, checkout, payment_id, FixedPriceFeed())


def sellers_of(shop: Shop) -> list[str]:
    """The wallet in the terms of each leg, the first one first."""
    return shop.sees.column("SELECT seller_wallet FROM payment_attempt_leg ORDER BY id")


def only_leg(shop: Shop):
    (leg_id,) = shop.sees.column("SELECT id FROM payment_attempt_leg")
    return shop.leg(leg_id)


@pytest.mark.parametrize(("by_chain", "paid_to"), [({CHAIN_ID: "own"}, OWN), ({1: "own"}, SOFIA)])
def test_attempt_pays_the_wallet_of_its_chain_or_the_default(uow, by_chain, paid_to):
    shop = a_shop_paid_to(uow, by_chain)
    shop.start()
    assert sellers_of(shop) == [paid_to]


def test_attempts_of_an_open_order_pay_where_it_says_when_the_store_changes(uow):
    shop = a_shop_paid_to(uow, {CHAIN_ID: "own"})
    shop.start()
    pay_elsewhere(uow, "sofia", "new", {1: "own"})
    shop.pass_time(minutes=20)
    shop.start()
    assert sellers_of(shop) == [OWN, OWN]


def test_money_that_is_held_counts_for_the_order_when_the_store_has_changed(uow):
    shop = a_shop_paid_to(uow, {CHAIN_ID: "own"})
    shop.start()
    pay_elsewhere(uow, "sofia", "new")
    leg = only_leg(shop)
    shop.observe(reached(leg))
    assert (shop.leg(leg.id).status, shop.sees.status().value) == (LegStatus.HELD, "paid")
    shop.sees.assert_balanced()


def test_attempt_is_refused_from_the_wallet_that_is_paid_on_the_chain(uow):
    shop = a_shop_paid_to(uow, {CHAIN_ID: "own"})
    payer = replace(shop.buyer, wallets=frozenset({OWN}))
    with pytest.raises(PartiesCollide):
        shop.payments.start_attempt(payer, shop.payment_id, a_choice("own"))
