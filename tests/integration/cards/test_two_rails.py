"""Both ways to pay for one order: nobody pays twice, and nothing is lost when somebody does."""

import pytest

from souk.core.errors import ProviderRejected
from souk.core.idempotency import Receipt
from souk.modules.ledger.domain import PaymentStatus
from souk.modules.orders.domain import OrderStatus
from souk.modules.payments.domain import CardChoice, PaymentMethod, PaymentState
from souk.modules.payments.errors import AttemptNotOpen, AttemptStillPayable, PaymentUnderWay
from tests.support.card_hooks import Killed, cut_off, dying, failing
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


def both_are_paid(shop) -> object:
    """So that the card is owed back; nobody has told the provider yet."""
    (leg,) = shop.start(a_choice()).attempt.legs
    by_card = shop.begin(ANYWAY)
    shop.confirm(by_card)
    shop.hear(by_card)
    shop.observe(reached(leg))
    return by_card


def test_returns_the_rest_of_the_card_when_a_part_was_given_by_hand(shop) -> None:
    by_card = both_are_paid(shop)
    shop.client.v1.refunds.create({"payment_intent": by_card.needs.reference, "amount": 500})
    shop.hear(by_card)

    for _ in range(2):
        shop.wall.advance(minutes=2)
        shop.payments.carry_out_due()

    assert shop.refunds(by_card) == [500, shop.checkout.total.amount - 500]
    assert shop.sees.refunds() == ["duplicate_payment done"]


def test_returns_the_card_a_day_later_when_the_provider_would_not(shop) -> None:
    by_card = both_are_paid(shop)
    shop.start_anew(before=failing("carry_out", ProviderRejected("not today")))
    shop.payments.carry_out_due()
    shop.start_anew()

    shop.wall.advance(hours=23)
    soon = shop.payments.carry_out_due()
    shop.wall.advance(hours=2)
    shop.payments.carry_out_due()

    assert (soon, shop.refunds(by_card)) == (0, [shop.checkout.total.amount])
    assert shop.instructions() == ["refund refused", "refund done"]


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


@pytest.mark.parametrize("method", [None, EMPTY])
def test_answers_that_it_was_given_up_when_it_was_cut_off_before_its_answer(shop, method) -> None:
    started = shop.begin()
    if method is not None:
        shop.confirm(started, method)
        shop.hear(started)
    with pytest.raises(Killed):
        given_up(shop, Receipt("req_one", 200, cut_off))

    assert given_up(shop, Receipt("req_one")) is PaymentState.PENDING
    assert shop.sees.attempts() == ["cancelled"]


def given_up(shop, receipt: Receipt) -> PaymentState:
    return shop.payments.cancel(shop.buyer, shop.payment_id, receipt)


def test_answers_that_it_was_given_up_when_the_provider_told_before_it_came_again(shop) -> None:
    started = shop.begin()
    shop.start_anew(after=dying("cancel_payment"))
    with pytest.raises(Killed):
        given_up(shop, Receipt("req_one"))
    shop.tell(started)

    assert given_up(shop, Receipt("req_one")) is PaymentState.PENDING


def test_leaves_the_next_attempt_alone_when_giving_up_the_last_one_comes_again(shop) -> None:
    shop.begin()
    with pytest.raises(Killed):
        given_up(shop, Receipt("req_one", 200, cut_off))
    second = shop.begin()

    given_up(shop, Receipt("req_one"))

    assert shop.sees.attempts() == ["cancelled", "awaiting_payer"]
    assert shop.intent(second).status == "requires_payment_method"


def test_refuses_to_give_up_again_what_another_request_gave_up(shop) -> None:
    shop.begin()
    given_up(shop, Receipt("req_one"))

    with pytest.raises(AttemptNotOpen):
        given_up(shop, Receipt("req_two"))
