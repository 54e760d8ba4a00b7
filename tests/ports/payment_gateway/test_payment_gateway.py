"""What every rail promises, on real money of a real chain."""

from datetime import UTC, datetime

import pytest

from souk.modules.payments import errors
from souk.modules.payments.domain import FactKind, LegStatus, Pending
from souk.modules.payments.ports import RailMessage
from tests.support.rail_builders import an_attempt

DAY = 86_400


def test_drafts_the_same_when_the_plan_is_the_same(rail, token) -> None:
    plan = rail.plan(token, 1_000, 2_000)

    first, again = rail.gateway.draft(plan), rail.gateway.draft(plan)

    assert first == again
    assert len({draft.external_reference for draft in first}) == 2


def test_holds_the_money_of_every_order_when_the_payer_signed(rail, token) -> None:
    before = rail.balance(token, rail.escrow)

    legs = rail.pay(rail.plan(token, 1_000, 2_000))

    found = [rail.gateway.lookup(leg) for leg in legs]
    assert [(one.status, one.remaining) for one in found] == [
        (LegStatus.HELD, 1_000),
        (LegStatus.HELD, 2_000),
    ]
    assert rail.balance(token, rail.escrow) - before == 3_000


def test_knows_nothing_of_a_leg_that_was_never_paid(rail, token) -> None:
    (leg,) = rail.legs(rail.plan(token, 1_000))

    assert rail.gateway.lookup(leg).status is LegStatus.AWAITING


def test_says_that_each_order_is_paid(rail, token) -> None:
    legs = rail.legs(rail.plan(token, 1_000, 2_000))

    receipt = rail.sign(rail.buyer, rail.prepare(legs))[-1]

    seen = rail.observed(receipt)
    assert [(one.leg_reference, one.fact.kind, one.fact.amount) for one in seen] == [
        (leg.external_reference, FactKind.HELD, leg.amount) for leg in legs
    ]


def test_takes_the_money_once_when_the_payer_signs_twice(rail, token) -> None:
    legs = rail.pay(rail.plan(token, 1_000))

    again = rail.sign(rail.buyer, rail.prepare(legs))[-1]

    assert again["status"] == "0x0"
    assert rail.balance(token, rail.escrow) == 1_000


def test_takes_nothing_when_the_time_to_pay_is_over(rail, token) -> None:
    legs = rail.legs(rail.plan(token, 1_000))
    outcome = rail.prepare(legs)
    rail.chain.move_time(3_601)

    receipt = rail.sign(rail.buyer, outcome)[-1]

    assert outcome.until == datetime.fromtimestamp(legs[0].terms.pay_by, UTC)
    assert (receipt["status"], rail.balance(token, rail.escrow)) == ("0x0", 0)


def test_cannot_promise_that_a_payer_stops(rail, token) -> None:
    legs = rail.legs(rail.plan(token, 1_000))

    assert isinstance(rail.gateway.cancel_payment(an_attempt(legs)), Pending)
    rail.sign(rail.buyer, rail.prepare(legs))
    assert rail.gateway.lookup(legs[0]).status is LegStatus.HELD


def test_starts_the_buyers_time_when_the_seller_fulfils(rail, token) -> None:
    (leg,) = rail.pay(rail.plan(token, 1_000))

    (receipt,) = rail.sign(rail.seller, rail.gateway.fulfil([leg]))

    (said,) = rail.observed(receipt)
    found = rail.gateway.lookup(leg)
    assert (found.status, said.fact.kind) == (LegStatus.FULFILLED, FactKind.FULFILLED)
    assert found.deadline == datetime.fromtimestamp(said.fact.deadline, UTC)
    assert said.fact.deadline == rail.now + leg.terms.window


def test_has_nothing_to_fulfil_when_the_goods_are_digital(rail, token) -> None:
    (leg,) = rail.pay(rail.plan(token, 1_000, digital=True))

    found = rail.gateway.lookup(leg)

    assert found.status is LegStatus.FULFILLED
    assert found.deadline == datetime.fromtimestamp(rail.now + 3 * DAY, UTC)


def test_pays_the_seller_less_the_fee_when_the_buyer_releases(rail, token) -> None:
    (leg,) = rail.pay(rail.plan(token, 1_000))
    before = rail.balance(token, rail.seller.address)

    (receipt,) = rail.sign(rail.buyer, rail.gateway.release([leg]))

    (said,) = rail.observed(receipt)
    assert (said.fact.to_seller, said.fact.to_buyer, said.fact.fee) == (1_000, 0, 25)
    assert said.evidence["cause"] == "release"
    assert rail.balance(token, rail.seller.address) - before == 975
    assert rail.gateway.lookup(leg).status is LegStatus.RELEASED


def test_gives_all_back_when_the_seller_refunds(rail, token) -> None:
    before = rail.balance(rail.dollar, rail.buyer.address)
    (leg,) = rail.pay(rail.plan(rail.dollar, 1_000))

    (receipt,) = rail.sign(rail.seller, rail.gateway.refund([leg]))

    (said,) = rail.observed(receipt)
    assert (said.fact.to_seller, said.fact.to_buyer, said.fact.fee) == (0, 1_000, 0)
    assert said.evidence["cause"] == "refund"
    assert rail.balance(rail.dollar, rail.buyer.address) == before
    assert rail.gateway.lookup(leg).status is LegStatus.REFUNDED


def test_settles_one_order_of_a_cart_and_leaves_the_other(rail, token) -> None:
    first, second = rail.pay(rail.plan(token, 1_000, 2_000))

    rail.sign(rail.seller, rail.gateway.refund([first]))

    assert rail.gateway.lookup(first).status is LegStatus.REFUNDED
    assert rail.gateway.lookup(second).remaining == 2_000


def test_lets_anyone_release_several_orders_when_the_buyers_time_is_over(rail, token) -> None:
    legs = rail.pay(rail.plan(token, 1_000, 2_000, digital=True))
    rail.chain.move_time(3 * DAY + 1)

    rail.stranger.send(rail.gateway.release(legs).calls[0])

    assert [rail.gateway.lookup(leg).status for leg in legs] == [LegStatus.RELEASED] * 2


def test_lets_anyone_refund_when_the_sellers_time_is_over(rail, token) -> None:
    (leg,) = rail.pay(rail.plan(token, 1_000))
    rail.chain.move_time(leg.terms.fulfil_by - rail.now + 1)

    rail.stranger.send(rail.gateway.refund([leg]).calls[0])

    assert rail.gateway.lookup(leg).status is LegStatus.REFUNDED


@pytest.mark.pitfall("K1")
def test_lets_no_stranger_move_money_before_that(rail, token) -> None:
    (leg,) = rail.pay(rail.plan(token, 1_000))
    asked = [rail.gateway.fulfil([leg]), rail.gateway.release([leg]), rail.gateway.refund([leg])]

    receipts = [rail.stranger.send(outcome.calls[0]) for outcome in asked]

    assert [receipt["status"] for receipt in receipts] == ["0x0"] * 3
    assert rail.gateway.lookup(leg).remaining == 1_000


def test_says_no_before_anyone_signs_when_all_is_settled(rail, token) -> None:
    (leg,) = rail.pay(rail.plan(token, 1_000))
    rail.sign(rail.buyer, rail.gateway.release([leg]))

    with pytest.raises(errors.EscrowNothingDue):
        rail.gateway.refund([leg])


def test_says_no_before_anyone_signs_when_it_is_too_late(rail, token) -> None:
    (leg,) = rail.pay(rail.plan(token, 1_000))
    rail.chain.move_time(leg.terms.fulfil_by - rail.now + 1)
    rail.chain.mine()

    with pytest.raises(errors.EscrowTooLate):
        rail.gateway.fulfil([leg])


def test_says_no_before_anyone_signs_when_the_payment_is_not_there(rail, token) -> None:
    (leg,) = rail.legs(rail.plan(token, 1_000))

    with pytest.raises(errors.EscrowStateConflict):
        rail.gateway.release([leg])


def test_makes_nothing_of_what_it_does_not_know(rail) -> None:
    assert rail.gateway.parse_observation(RailMessage("weather.changed", {})) == ()


@pytest.mark.parametrize("who", ["the seller", "the contract"])
def test_drafts_nothing_when_one_party_has_two_parts(rail, token, who) -> None:
    payer = rail.seller.address if who == "the seller" else rail.escrow

    with pytest.raises(errors.PartiesCollide):
        rail.gateway.draft(rail.plan(token, 1_000, payer=payer))
