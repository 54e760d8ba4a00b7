"""Shipping what the order calls shipped already, because the fulfilment left the chain."""

import pytest

from souk.core.principal import Principal
from souk.modules.orders.domain import OrderStatus, Tracking
from souk.modules.orders.errors import IllegalTransition
from souk.modules.payments.domain import FactKind, NeedsSignature
from souk.modules.trade.service import Deliveries
from tests.support.clock import START
from tests.support.order_builders import orders_on
from tests.support.payment_builders import Shop, a_paid_shop, orphaned, reached
from tests.support.seller_builders import sellers_on

FULFILLED = FactKind.FULFILLED
TRACKING = Tracking(carrier="dhl", code="X1", url=None, status="sent", occurred_at=START)


@pytest.fixture
def shop(uow) -> Shop:
    """A shop whose order was shipped, which the chain has forgotten since."""
    shop, leg = a_paid_shop(uow)
    shop.observe(reached(leg, FULFILLED), orphaned(leg, FULFILLED))
    return shop


def deliveries(shop: Shop) -> Deliveries:
    return Deliveries(shop.uow, orders_on(shop.uow), shop.payments, sellers_on(shop.uow))


def seller(shop: Shop) -> Principal:
    return Principal(shop.checkout.orders[0].seller_account_id, "ses")


def test_hands_out_the_call_again_when_the_fulfilment_left_the_chain(shop) -> None:
    moved = deliveries(shop).ship(seller(shop), shop.order_id, TRACKING)

    assert isinstance(moved.outcome, NeedsSignature)
    assert moved.status is OrderStatus.SHIPPED


def test_refuses_to_ship_twice_when_the_fulfilment_stands(shop) -> None:
    leg_id = str(shop.sees.read("SELECT id FROM payment_attempt_leg"))
    shop.observe(reached(shop.leg(leg_id), FULFILLED, stay=2))

    with pytest.raises(IllegalTransition):
        deliveries(shop).ship(seller(shop), shop.order_id, None)


def test_refuses_the_buyer_who_would_ship(shop) -> None:
    with pytest.raises(IllegalTransition):
        deliveries(shop).ship(shop.buyer, shop.order_id, None)
