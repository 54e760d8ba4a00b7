"""To which of a seller's wallets an attempt pays."""

from dataclasses import replace

import pytest

from souk.adapters.staff.identity import StaffIdentityCheck
from souk.modules.accounts.domain import Proof
from souk.modules.accounts.service import Accounts
from souk.modules.payments.domain import LegStatus
from souk.modules.payments.errors import PartiesCollide
from souk.modules.sellers.domain import SellersConfig
from souk.modules.sellers.errors import PayoutWalletNotHere
from souk.modules.sellers.service import Sellers
from tests.support.account_builders import SIGN_IN, a_message, a_wallet, an_account
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
from tests.support.seller_builders import a_seller, pay_elsewhere, sellers_on

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


class Contract:
    """Believes everything, as if a contract said so."""

    def verify(self, *, message, signature, address, chain_id) -> Proof:
        return Proof.CONTRACT


def contract_of(uow, owner: str, chain_id: int) -> str:
    """A wallet that the account of this name has proved as a contract on one chain."""
    safe, held = a_wallet("safe"), Accounts(uow, Contract(), SIGN_IN)
    message = a_message(held.issue_nonce(), safe, chain_id=chain_id).render()
    held.add_wallet(an_account(uow, owner), message, "0x")
    return safe.address


def a_shop_paid_to_a_contract_on(uow, chain_id: int) -> Shop:
    """Its store was paid to it while that chain alone was served."""
    store = a_seller(uow)
    safe = contract_of(uow, "sofia", chain_id)
    one = Accounts(uow, Contract(), replace(SIGN_IN, chain_ids=(chain_id,)))
    sellers = Sellers(uow, one, StaffIdentityCheck(), SellersConfig())
    owner = an_account(uow, "sofia")
    sellers.edit(owner, store.id, {"payout_wallet": safe}, version=store.version)
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


@pytest.mark.pitfall("A6")
def test_attempt_is_refused_on_a_chain_on_which_the_contract_was_not_proved(uow):
    shop = a_shop_paid_to_a_contract_on(uow, 1)

    with pytest.raises(PayoutWalletNotHere, match="name one for chain 31337 in payout_wallets"):
        shop.start()

    assert sellers_of(shop) == []


def test_attempt_pays_a_contract_on_its_own_chain(uow):
    shop = a_shop_paid_to_a_contract_on(uow, CHAIN_ID)
    shop.start()
    assert sellers_of(shop) == [a_wallet("safe").address]


def test_attempt_is_refused_when_the_wallet_is_the_sellers_no_more(uow):
    shop = a_shop_paid_to(uow, {CHAIN_ID: "own"})
    pay_elsewhere(uow, "sofia", "sofia")
    sellers_on(uow).remove_wallet(an_account(uow, "sofia"), OWN)

    with pytest.raises(PayoutWalletNotHere):
        shop.start()
