"""Several hands on the orders of one cart: everybody takes the locks in the same order."""

import pytest

from souk.modules.orders.domain import OrderStatus
from souk.modules.orders.errors import IllegalTransition
from souk.modules.trade.service import Cancellations, Expiries
from tests.support.account_builders import an_account
from tests.support.catalog_builders import a_listing
from tests.support.order_builders import find_order, orders_on, place
from tests.support.payment_builders import payments_on
from tests.support.seller_builders import a_seller, sellers_on
from tests.support.threads import at_once

ROUNDS = 20
ENDED = {OrderStatus.CANCELLED, OrderStatus.EXPIRED}


@pytest.fixture
def uow(committing_uow):
    return committing_uow


@pytest.mark.pitfall("O4")
def test_ends_the_cart_once_when_all_its_orders_are_cancelled_as_it_expires(uow) -> None:
    parts = (uow, orders_on(uow), payments_on(uow))
    cancellations, expiries = Cancellations(*parts, sellers_on(uow)), Expiries(*parts)
    wanted = [(a_listing(uow, a_seller(uow, name), on_hand=9).id, 1) for name in ("sofia", "sven")]
    buyer = an_account(uow, "bruno")
    for _ in range(ROUNDS):
        cart = place(uow, buyer, *wanted)
        first, second = (order.id for order in cart.orders)
        acts = [
            lambda order=first: cancellations.cancel(buyer, order, "changed my mind"),
            lambda order=second: cancellations.cancel(buyer, order, "changed my mind"),
            lambda cart=cart: expiries.expire_checkout(cart.checkout_id),
        ]

        answers = at_once(3, lambda number, acts=acts: acts[number]())

        # Whoever comes second finds nothing left to cancel; nobody is told to come back later.
        assert {type(a) for a in answers if isinstance(a, Exception)} <= {IllegalTransition}
        assert {find_order(uow, order).status for order in (first, second)} <= ENDED
