"""Checkouts that were cancelled or not paid in time: what is handed out, what goes on."""

from dataclasses import dataclass

import pytest

from souk.core.idempotency import Receipt
from souk.core.timers import chain_clock, schedule
from souk.modules.orders.domain import EXPIRE_CHECKOUT, OrderStatus
from souk.modules.payments.domain import Attempt, FactKind, Leg, Outcome
from souk.modules.payments.errors import CheckoutNotPayable, PaymentUnderWay
from souk.modules.payments.ports import Payer
from souk.modules.trade.service import Cancellations, Expiries
from tests.support.order_builders import orders_on
from tests.support.payment_builders import (
    CHAIN_ID,
    Shop,
    a_gateway,
    a_paid_shop,
    a_shop,
    orphaned,
    payments_on,
    reached,
    seen,
)
from tests.support.seller_builders import sellers_on

REQUEST = Receipt("req_one")


def expire(shop: Shop) -> None:
    expiries = Expiries(shop.uow, orders_on(shop.uow), shop.payments)
    expiries.expire_checkout(shop.checkout.checkout_id)


def cancel(shop: Shop, order_id: str | None = None) -> None:
    cancellations = Cancellations(
        shop.uow, orders_on(shop.uow), shop.payments, sellers_on(shop.uow)
    )
    cancellations.cancel(shop.buyer, order_id or shop.order_id, "changed my mind")


@dataclass
class InterruptedGateway:
    """A rail that takes so long that the buyer cancels meanwhile."""

    shop: Shop

    def prepare_payment(
        self, attempt: Attempt, payer: Payer, signature: str | None = None
    ) -> Outcome:
        cancel(self.shop)
        return a_gateway().prepare_payment(attempt, payer, signature)

    def __getattr__(self, name: str) -> object:
        return getattr(a_gateway(), name)


def test_hands_out_nothing_when_the_request_comes_again_after_cancelling(uow) -> None:
    shop = a_shop(uow)
    shop.start(receipt=REQUEST)
    cancel(shop)

    with pytest.raises(CheckoutNotPayable):
        shop.start(receipt=REQUEST)
    assert shop.sees.attempts() == ["cancelled"]


def test_hands_out_nothing_when_the_request_comes_again_after_its_time(uow) -> None:
    shop = a_shop(uow)
    shop.start(receipt=REQUEST)
    shop.pass_time(seconds=601)

    with pytest.raises(CheckoutNotPayable):
        shop.start(receipt=REQUEST)


def test_hands_out_nothing_when_the_checkout_ended_while_the_rail_was_asked(uow) -> None:
    shop = a_shop(uow)
    shop.payments = payments_on(uow, shop.prices, InterruptedGateway(shop))

    with pytest.raises(CheckoutNotPayable):
        shop.start()
    assert (shop.sees.attempts(), shop.sees.state()) == (["cancelled"], "CANCELLED")


def test_expires_when_the_timer_is_due_by_its_own_clock(uow) -> None:
    shop = a_shop(uow)
    shop.start()
    shop.pass_time(days=1)

    expire(shop)

    assert (shop.sees.status(), shop.sees.attempts()) == (OrderStatus.EXPIRED, ["expired"])


@pytest.mark.parametrize("by", ["wall", chain_clock(CHAIN_ID)])
def test_does_not_expire_when_the_timer_was_moved_after_it_had_fired(uow, by) -> None:
    shop = a_shop(uow)
    with uow.begin() as tx:
        due = {"subject": shop.checkout.checkout_id, "due_at": tx.now.replace(year=2100)}
        schedule(tx, kind=EXPIRE_CHECKOUT, clock=by, **due)
        tx.commit()

    expire(shop)

    assert shop.sees.status() is OrderStatus.PENDING_PAYMENT


def a_cart_paid_in_part(uow) -> tuple[Shop, Leg, Leg]:
    """The wallet signed for the first of two sellers only, and the time to pay is over."""
    shop = a_shop(uow, sellers=("sofia", "sami"))
    paid, unpaid = shop.start().attempt.legs
    shop.observe(reached(paid))
    shop.pass_time(days=1)
    return shop, paid, unpaid


def test_frees_the_other_sellers_goods_when_a_cart_was_paid_in_part(uow) -> None:
    shop, paid, unpaid = a_cart_paid_in_part(uow)

    expire(shop)

    assert shop.sees.status(paid.order_id) is OrderStatus.PAID
    assert shop.sees.status(unpaid.order_id) is OrderStatus.EXPIRED
    assert shop.sees.column("SELECT reserved::int FROM stock_item") == [0, 0]


def test_completes_the_payment_when_the_unpaid_part_was_given_up(uow) -> None:
    shop, paid, _unpaid = a_cart_paid_in_part(uow)
    expire(shop)

    shop.observe(reached(paid, FactKind.FULFILLED))

    assert (shop.sees.attempts(), shop.sees.state()) == (["expired"], "COMPLETED")


def test_pays_the_rest_when_a_cart_was_paid_in_part(uow) -> None:
    shop, _paid, unpaid = a_cart_paid_in_part(uow)

    (leg,) = shop.start().attempt.legs
    shop.observe(reached(leg))

    assert leg.order_id == unpaid.order_id
    assert (shop.sees.attempts(), shop.sees.state()) == (["expired", "succeeded"], "COMPLETED")


def test_waits_for_the_rest_of_a_cart_while_it_can_be_paid(uow) -> None:
    shop = a_shop(uow, sellers=("sofia", "sami"))
    paid, unpaid = shop.start().attempt.legs
    shop.observe(reached(paid))

    with pytest.raises(PaymentUnderWay):
        shop.start()
    with pytest.raises(PaymentUnderWay):
        cancel(shop, unpaid.order_id)


def test_completes_when_the_rest_of_a_cart_arrives_in_time_but_late_at_ours(uow) -> None:
    shop, _paid, unpaid = a_cart_paid_in_part(uow)
    expire(shop)

    shop.observe(reached(unpaid))

    assert shop.sees.status(unpaid.order_id) is OrderStatus.PAID
    assert (shop.sees.attempts(), shop.sees.state()) == (["succeeded"], "COMPLETED")


def test_ends_an_attempt_that_was_paid_late_and_left_the_chain(uow) -> None:
    shop = a_shop(uow)
    (leg,) = shop.start().attempt.legs
    shop.pass_time(days=1)
    expire(shop)
    shop.observe(seen(leg), orphaned(leg))
    before = (shop.sees.attempts(), shop.sees.state())

    expire(shop)

    assert before == (["orphaned"], "PROCESSING")
    assert (shop.sees.attempts(), shop.sees.state()) == (["expired"], "CANCELLED")


def test_ends_an_attempt_whose_first_part_was_seen_late_and_counts_now(uow) -> None:
    shop = a_shop(uow, sellers=("sofia", "sami"))
    late, unpaid = shop.start().attempt.legs
    shop.pass_time(days=1)
    expire(shop)
    shop.observe(seen(late), reached(late))

    expire(shop)

    assert shop.sees.status(unpaid.order_id) is OrderStatus.EXPIRED
    assert (shop.sees.attempts(), shop.sees.state()) == (["expired"], "COMPLETED")
    assert shop.sees.read("SELECT count(*) FROM timer WHERE clock LIKE 'chain:%'") == 1


def test_says_why_it_was_cancelled_when_money_came_and_went_afterwards(uow) -> None:
    shop = a_shop(uow)
    (leg,) = shop.start().attempt.legs
    cancel(shop)
    shop.observe(seen(leg), orphaned(leg))
    shop.pass_time(days=1)

    expire(shop)

    assert (shop.sees.attempts(), shop.sees.state()) == (["expired"], "CANCELLED")
    assert shop.sees.read("SELECT closed_reason FROM payment") == "changed my mind"


def test_leaves_a_paid_checkout_alone_when_its_timer_fires(uow) -> None:
    shop, _leg = a_paid_shop(uow)
    shop.pass_time(days=1)

    expire(shop)

    assert (shop.sees.attempts(), shop.sees.state()) == (["succeeded"], "COMPLETED")
    assert shop.sees.read("SELECT closed_reason FROM payment") is None
