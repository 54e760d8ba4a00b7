"""Both ways to pay for one order: nobody pays twice, and nothing is lost when somebody does."""

import pytest

from souk.modules.ledger.domain import PaymentStatus
from souk.modules.orders.domain import OrderStatus
from souk.modules.payments.domain import CardChoice, PaymentMethod
from souk.modules.payments.errors import AttemptStillPayable, PaymentUnderWay
from tests.support.card_shop import EMPTY
from tests.support.payment_builders import a_choice, reached

ANYWAY = CardChoice(method=PaymentMethod.CREDIT_CARD, anyway=True)


def test_calls_the_card_off_when_another_way_is_chosen(shop) -> None:
    by_card = shop.begin()

    shop.start(a_choice())

    assert shop.intent(by_card).status == "canceled"
    assert shop.sees.attempts() == ["cancelled", "awaiting_payer"]


def test_goes_on_into_escrow_when_the_card_was_declined(shop) -> None:
    shop.pay(EMPTY)

    (leg,) = shop.start(a_choice()).attempt.legs
    shop.observe(reached(leg))

    assert shop.sees.status() is OrderStatus.PAID
    assert shop.sees.attempts() == ["failed", "succeeded"]


def test_begins_nothing_else_when_the_card_was_paid_meanwhile(shop) -> None:
    started = shop.begin()
    shop.confirm(started)

    with pytest.raises(PaymentUnderWay):
        shop.start(a_choice())
    assert shop.sees.status() is OrderStatus.PAID


def test_lets_no_card_be_paid_beside_calls_that_can_be_signed(shop) -> None:
    shop.start(a_choice())

    with pytest.raises(AttemptStillPayable):
        shop.begin()


@pytest.mark.pitfall("P16")
@pytest.mark.parametrize("card_first", [True, False])
def test_returns_the_card_when_both_are_paid(shop, card_first) -> None:
    (leg,) = shop.start(a_choice()).attempt.legs
    by_card = shop.begin(ANYWAY)
    shop.confirm(by_card)

    pays = [lambda: shop.hear(by_card), lambda: shop.observe(reached(leg))]
    for pay in pays if card_first else reversed(pays):
        pay()
    shop.payments.carry_out_due()

    assert shop.refunds(by_card) == [shop.checkout.total.amount]
    assert shop.leg(leg.id).duplicate is False
    assert shop.sees.refunds() == ["duplicate_payment done"]
    assert (shop.sees.status(), shop.sees.money()) == (OrderStatus.PAID, PaymentStatus.HELD)
    shop.sees.assert_balanced()


@pytest.mark.pitfall("P16")
def test_keeps_the_card_when_some_of_it_had_gone_back_already(shop) -> None:
    (leg,) = shop.start(a_choice()).attempt.legs
    by_card = shop.begin(ANYWAY)
    shop.confirm(by_card)
    shop.hear(by_card)
    shop.payments.refund_part(shop.seller(), shop.payment_id, shop.order_id, 500)

    shop.observe(reached(leg))
    shop.payments.carry_out_due()

    assert shop.refunds(by_card) == [500]
    assert shop.leg(leg.id).duplicate is True
    assert shop.sees.refunds() == ["duplicate_payment awaiting_seller"]
    shop.sees.assert_balanced()


def test_calls_the_card_off_when_the_checkout_expires(shop) -> None:
    started = shop.begin()
    shop.wall.advance(hours=1)

    shop.expiries.expire_checkout(shop.checkout.checkout_id)

    assert shop.intent(started).status == "canceled"
    assert shop.sees.status() is OrderStatus.EXPIRED


def test_keeps_the_order_when_it_is_paid_in_the_moment_of_its_end(shop) -> None:
    started = shop.begin()
    shop.wall.advance(hours=1)
    shop.confirm(started)

    shop.expiries.expire_checkout(shop.checkout.checkout_id)

    assert shop.sees.status() is OrderStatus.PAID


def test_calls_the_card_off_when_the_buyer_cancels(shop) -> None:
    started = shop.begin()

    shop.cancel()

    assert shop.intent(started).status == "canceled"
    assert shop.sees.status() is OrderStatus.CANCELLED


def test_calls_the_card_off_when_the_buyer_gives_the_attempt_up(shop) -> None:
    started = shop.begin()

    shop.payments.cancel(shop.buyer, shop.payment_id)

    assert shop.intent(started).status == "canceled"
    assert shop.sees.attempts() == ["cancelled"]
