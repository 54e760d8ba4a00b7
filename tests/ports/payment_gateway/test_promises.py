"""What every rail promises, by the words of the port alone.

Each test names what it takes, and runs on every rail that knows of it. For most of them a rail
that joins needs no more than to `plan` and `start`, `pay`, `carry` out and `release`, and to tell
what a seller is `worth`.
"""

from dataclasses import replace

import pytest

from souk.modules.payments import errors
from souk.modules.payments.domain import (
    Executed,
    FactKind,
    LegStatus,
    NeedsBrowser,
    Party,
    PaymentMethod,
    Split,
)
from souk.modules.payments.ports import Payer, RailMessage
from tests.support.card_capabilities import Can, where
from tests.support.card_rail import names, stored

ANYBODY = Payer(account_id="acc_1")
NOTHING_THERE = (errors.NothingHeld, errors.EscrowNothingDue)
METHODS = [
    PaymentMethod.STRIPE,
    PaymentMethod.CREDIT_CARD,
    PaymentMethod.DEBIT_CARD,
    PaymentMethod.BANK_TRANSFER,
]


def to_buyer(rail, amount: int) -> Split:
    until = int(rail.clock.now().timestamp()) + 3_600
    return Split(to_buyer=amount, to_seller=0, valid_until=until)


@where(Can.PAY)
def test_drafts_the_same_when_the_plan_is_the_same(any_rail) -> None:
    plan = any_rail.plan(1_000, 2_000)

    first, again = any_rail.gateway.draft(plan), any_rail.gateway.draft(plan)

    assert first == again
    assert len({draft.external_reference for draft in first}) == 2


@where(Can.PAY, Can.BROWSE)
@pytest.mark.parametrize("method", METHODS)
def test_sends_the_payer_to_a_browser(any_rail, method) -> None:
    attempt = any_rail.start(1_000, 2_000, method=method)

    outcome = any_rail.gateway.prepare_payment(attempt, ANYBODY)

    assert isinstance(outcome, NeedsBrowser)
    assert outcome.client_secret.startswith(outcome.reference)
    assert (outcome.provider, outcome.until) == ("stripe", attempt.pay_by)


@where(Can.PAY, Can.BROWSE)
def test_asks_for_the_same_payment_when_it_is_asked_again(any_rail) -> None:
    attempt, first = any_rail.prepare(any_rail.start(1_000))

    _, again = any_rail.prepare(attempt)

    assert again == first


@where(Can.PAY)
def test_holds_the_money_of_every_order_when_the_payer_paid(any_rail) -> None:
    attempt = any_rail.pay(1_000, 2_000)

    assert [(leg.status, leg.held) for leg in attempt.legs] == [
        (LegStatus.HELD, 1_000),
        (LegStatus.HELD, 2_000),
    ]


@where(Can.PAY, Can.BROWSE)
def test_says_who_paid_when_it_is_asked_again(any_rail) -> None:
    attempt = any_rail.pay(1_000, 2_000)

    outcome = any_rail.gateway.prepare_payment(attempt, ANYBODY)

    assert isinstance(outcome, Executed)
    assert [(one.leg_reference, one.fact.kind, one.fact.amount) for one in outcome.facts] == [
        (leg.external_reference, FactKind.HELD, leg.amount) for leg in attempt.legs
    ]


@where(Can.PAY, Can.BROWSE)
def test_holds_nothing_when_the_card_was_declined(any_rail) -> None:
    attempt, _ = any_rail.prepare(any_rail.start(1_000))
    any_rail.confirm(attempt, "pm_card_chargeCustomerFail")

    outcome = any_rail.gateway.prepare_payment(attempt, ANYBODY)

    assert isinstance(outcome, NeedsBrowser)


@where(Can.PAY, Can.BROWSE)
def test_lets_nobody_pay_when_the_payment_was_called_off(any_rail) -> None:
    attempt, _ = any_rail.prepare(any_rail.start(1_000))

    outcome = any_rail.gateway.cancel_payment(attempt)

    any_rail.confirm_refused(attempt)
    assert outcome == Executed(attempt.provider_reference)


@where(Can.PAY, Can.BROWSE)
def test_calls_off_what_was_called_off(any_rail) -> None:
    attempt, _ = any_rail.prepare(any_rail.start(1_000))
    first = any_rail.gateway.cancel_payment(attempt)

    assert any_rail.gateway.cancel_payment(attempt) == first


@where(Can.PAY, Can.BROWSE)
def test_says_that_somebody_paid_when_it_is_called_off_too_late(any_rail) -> None:
    attempt = any_rail.pay(1_000)

    outcome = any_rail.gateway.cancel_payment(attempt)

    assert names(outcome.facts) == names(any_rail.said)


@where(Can.PAY, Can.BROWSE)
def test_refuses_to_begin_what_was_called_off(any_rail) -> None:
    attempt, _ = any_rail.prepare(any_rail.start(1_000))
    any_rail.gateway.cancel_payment(attempt)

    with pytest.raises(errors.AttemptNotOpen, match="start another one"):
        any_rail.gateway.prepare_payment(attempt, ANYBODY)


@where(Can.PAY, Can.GIVE_BACK)
def test_gives_all_back_when_it_is_refunded(any_rail) -> None:
    attempt = any_rail.pay(1_000)

    attempt = any_rail.carry(any_rail.gateway.refund(attempt.legs), attempt)

    (leg,) = attempt.legs
    assert (leg.status, leg.refunded) == (LegStatus.REFUNDED, 1_000)


@where(Can.PAY, Can.GIVE_BACK)
def test_gives_a_part_back_when_the_seller_agrees(any_rail) -> None:
    attempt = any_rail.pay(1_000)
    split = to_buyer(any_rail, 300)

    agreed = any_rail.gateway.settle(attempt.legs[0], split, sender=Party.SELLER)

    (leg,) = any_rail.carry(agreed, attempt).legs
    assert (leg.status, leg.refunded, leg.remaining) == (LegStatus.HELD, 300, 700)


@where(Can.PAY, Can.BROWSE, Can.GIVE_BACK)
def test_gives_back_once_when_it_is_told_twice(any_rail) -> None:
    attempt = any_rail.pay(1_000)
    (told,) = any_rail.gateway.settle(
        attempt.legs[0], to_buyer(any_rail, 300), sender=Party.SELLER
    ).instructions
    order = stored(told)
    first = any_rail.gateway.carry_out(order, attempt.legs[0], attempt)

    again = any_rail.gateway.carry_out(
        replace(order, asked_before_seconds=60), attempt.legs[0], attempt
    )

    assert again == first
    assert [refund.amount for refund in any_rail.refunds(attempt)] == [300]


@where(Can.PAY)
def test_refuses_to_divide_more_than_is_held(any_rail) -> None:
    (leg,) = any_rail.pay(1_000).legs

    with pytest.raises(errors.SplitOutOfRange):
        any_rail.gateway.settle(leg, to_buyer(any_rail, 1_001), sender=Party.SELLER)


@where(Can.PAY, Can.GIVE_BACK)
def test_has_nothing_to_move_when_all_went_back(any_rail) -> None:
    attempt = any_rail.pay(1_000)
    attempt = any_rail.carry(any_rail.gateway.refund(attempt.legs), attempt)

    with pytest.raises(NOTHING_THERE):
        any_rail.gateway.refund(attempt.legs)


@where(Can.PAY, Can.HAND_ON)
def test_pays_the_seller_less_the_fee_when_it_is_released(any_rail) -> None:
    attempt = any_rail.pay(1_000)

    (leg,) = any_rail.release(attempt).legs

    assert (leg.status, leg.released, leg.fee) == (LegStatus.RELEASED, 1_000, 25)
    assert any_rail.worth(any_rail.seller) == 975


@where(Can.PAY, Can.HAND_ON)
def test_releases_once_when_it_is_asked_twice(any_rail) -> None:
    attempt = any_rail.release(any_rail.pay(1_000))

    with pytest.raises(NOTHING_THERE):
        any_rail.gateway.release(attempt.legs)


@where(Can.PAY, Can.HAND_ON)
def test_settles_one_order_of_a_cart_and_leaves_the_other(any_rail) -> None:
    attempt = any_rail.pay(1_000, 2_000)

    attempt = any_rail.carry(any_rail.gateway.release(attempt.legs[:1]), attempt)

    assert [leg.remaining for leg in attempt.legs] == [0, 2_000]


@where(Can.PAY, Can.TELL)
@pytest.mark.parametrize("does", ["refund", "release"])
def test_looks_up_what_became_of_each_order(any_rail, does) -> None:
    attempt = any_rail.pay(1_000, 2_000)
    moved = getattr(any_rail.gateway, does)(attempt.legs[:1])

    attempt = any_rail.carry(moved, attempt)

    found = [any_rail.gateway.lookup(leg) for leg in attempt.legs]
    assert [(one.status, one.remaining, one.released) for one in found] == [
        (leg.status, leg.remaining, leg.released) for leg in attempt.legs
    ]


@where(Can.PAY, Can.TELL)
def test_knows_nothing_of_a_leg_that_was_never_paid(any_rail) -> None:
    (leg,) = any_rail.start(1_000).legs

    assert any_rail.gateway.lookup(leg).status is LegStatus.AWAITING


@where(Can.PAY)
def test_makes_nothing_of_what_it_does_not_know(any_rail) -> None:
    assert not any_rail.gateway.parse_observation(RailMessage("weather.changed", {}))
