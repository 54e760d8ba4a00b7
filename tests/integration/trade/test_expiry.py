"""What an unpaid order's end waits for."""

import pytest

from souk.modules.orders.domain import OrderStatus
from souk.modules.trade.service import Expiries
from tests.support.order_builders import orders_on
from tests.support.payment_builders import a_shop, reached, seen


@pytest.mark.pitfall("O4")
def test_waits_while_the_payment_is_seen_and_not_final(uow) -> None:
    shop = a_shop(uow)
    expiries = Expiries(uow, orders_on(uow), shop.payments)
    (leg,) = shop.start().attempt.legs
    shop.observe(seen(leg))
    shop.pass_time(hours=1)

    expiries.expire_checkout(shop.checkout.checkout_id)
    waiting = shop.sees.status()
    shop.observe(reached(leg))

    assert (waiting, shop.sees.status()) == (OrderStatus.PENDING_PAYMENT, OrderStatus.PAID)


def test_leaves_the_attempt_alone_when_the_timer_was_moved_on_after_it_had_fired(uow) -> None:
    shop = a_shop(uow)
    expiries = Expiries(uow, orders_on(uow), shop.payments)
    shop.start()

    expiries.expire_checkout(shop.checkout.checkout_id)

    assert shop.sees.attempts() == ["awaiting_payer"]
    assert shop.sees.status() is OrderStatus.PENDING_PAYMENT
