"""Where the money of an order goes is settled when it is placed."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from souk.modules.orders.domain import OrderStatus
from souk.modules.sellers.domain import PayoutWallets
from tests.support.account_builders import a_wallet, an_account
from tests.support.catalog_builders import a_listing
from tests.support.order_builders import an_order, find_order, place
from tests.support.seller_builders import a_seller, pay_elsewhere

SOFIA, NEW, OWN = (a_wallet(name).address for name in ("sofia", "new", "own"))


@pytest.fixture
def order(uow):
    """Placed while its store was paid to one wallet, and on the local chain to another."""
    store = a_seller(uow)
    pay_elsewhere(uow, "sofia", "sofia", {31337: "own"})
    return place(uow, an_account(uow, "bruno"), (a_listing(uow, store).id, 1)).orders[0]


def test_order_keeps_the_wallets_of_single_chains(uow, order):
    kept = find_order(uow, order.id).payouts
    assert kept == order.payouts == PayoutWallets(SOFIA, {31337: OWN})


def test_order_keeps_its_wallets_when_the_store_is_paid_elsewhere(uow, order):
    pay_elsewhere(uow, "sofia", "new", {1: "sofia"})
    assert find_order(uow, order.id).payouts == order.payouts


def test_order_that_is_placed_afterwards_has_the_new_ones(uow):
    first = an_order(uow)
    pay_elsewhere(uow, "sofia", "new", {1: "sofia"})
    second = place(uow, an_account(uow, "bruno"), (first.lines[0].listing_id, 1)).orders[0]
    assert (first.payouts, second.payouts) == (
        PayoutWallets(SOFIA),
        PayoutWallets(NEW, {1: SOFIA}),
    )


@pytest.mark.parametrize(
    "change",
    ["payout_wallet = '0x'", "payout_wallets = NULL", """payout_wallets = '{"31337": "0x"}'"""],
)
def test_database_refuses_to_send_the_money_of_an_order_elsewhere(session, order, change):
    with pytest.raises(IntegrityError):
        session.execute(text(f"UPDATE orders SET {change}"))


def test_order_from_code_that_knows_one_wallet_is_paid_there(uow, session):
    order = an_order(uow, OrderStatus.PENDING_PAYMENT)
    assert session.scalar(text("SELECT payout_wallets IS NULL FROM orders")) is True
    assert find_order(uow, order.id).payouts == PayoutWallets(SOFIA)
