"""Allowances: skipped where they stand, and taken back first where a token insists on that."""

import pytest

from souk.core.addresses import Address
from souk.modules.payments.domain import LegStatus, PayWay
from souk.modules.payments.ports import Payer
from tests.support.payment_builders import a_gateway
from tests.support.rail_builders import EscrowRail, Party, a_listed_mock, allow, an_attempt

ALL_WELL = "0x1"


@pytest.fixture(params=["ordinary", "reverts", "answers false"])
def picky(request: pytest.FixtureRequest, rail: EscrowRail) -> Address:
    """A dollar, by what it does about an allowance in the place of one that stands."""
    if request.param == "ordinary":
        return rail.dollar
    return a_listed_mock(rail, "StubbornDollar", ("bool", request.param == "answers false"))


def signed(rail: EscrowRail, who: Party, outcome) -> list[str]:
    """The status of each call that a party is asked for."""
    return [receipt["status"] for receipt in rail.sign(who, outcome)]


def calls_when_some_is_allowed(rail: EscrowRail, token: Address) -> int:
    """Two, and one more where the token insists."""
    return 2 if token == rail.dollar else 3


def test_pays_when_too_little_is_allowed_already(rail, picky) -> None:
    allow(rail, rail.buyer, picky, 400)
    (leg,) = rail.legs(rail.plan(picky, 1_000))

    statuses = signed(rail, rail.buyer, rail.prepare([leg]))

    assert statuses == [ALL_WELL] * calls_when_some_is_allowed(rail, picky)
    assert rail.gateway.lookup(leg).status is LegStatus.HELD


def test_pays_when_nothing_is_allowed_yet(rail, picky) -> None:
    (leg,) = rail.legs(rail.plan(picky, 1_000))

    statuses = signed(rail, rail.buyer, rail.prepare([leg]))

    assert statuses == [ALL_WELL] * 2
    assert rail.gateway.lookup(leg).status is LegStatus.HELD


@pytest.mark.parametrize("allowed", [3_000, 5_000])
def test_pays_at_once_when_enough_is_allowed(rail, picky, allowed) -> None:
    allow(rail, rail.buyer, picky, allowed)
    legs = rail.legs(rail.plan(picky, 1_000, 2_000))

    statuses = signed(rail, rail.buyer, rail.prepare(legs))

    assert statuses == [ALL_WELL]
    assert [rail.gateway.lookup(leg).remaining for leg in legs] == [1_000, 2_000]


def test_allows_the_sum_when_only_one_order_is_covered(rail) -> None:
    allow(rail, rail.buyer, rail.dollar, 2_000)
    legs = rail.legs(rail.plan(rail.dollar, 1_000, 2_000))

    assert signed(rail, rail.buyer, rail.prepare(legs)) == [ALL_WELL] * 2


def test_says_why_an_allowance_is_taken_back(rail) -> None:
    stubborn = a_listed_mock(rail, "StubbornDollar", ("bool", False))
    allow(rail, rail.buyer, stubborn, 400)

    taken_back, *_ = rail.prepare(rail.legs(rail.plan(stubborn, 1_000))).calls

    assert taken_back.says.startswith("Take back what was allowed of your StubbornDollar")


def test_lets_permit2_at_a_token_when_too_little_is_allowed_already(rail, picky) -> None:
    allow(rail, rail.buyer, picky, 400, spender=rail.permit2)
    (leg,) = rail.legs(rail.plan(picky, 1_000))
    asked = rail.prepare([leg], PayWay.PERMIT2)

    allowing = signed(rail, rail.buyer, asked)

    signature = rail.buyer.sign(asked.typed_data)
    rail.sign(rail.buyer, rail.prepare([leg], PayWay.PERMIT2, signature))
    assert allowing == [ALL_WELL] * (calls_when_some_is_allowed(rail, picky) - 1)
    assert rail.gateway.lookup(leg).status is LegStatus.HELD


def test_reimburses_when_too_little_is_allowed_already(rail, picky) -> None:
    (leg,) = rail.pay(rail.plan(picky, 1_000))
    rail.sign(rail.buyer, rail.gateway.release([leg]))
    allow(rail, rail.seller, picky, 100)

    statuses = signed(rail, rail.seller, rail.gateway.reimburse(leg, 400))

    assert statuses == [ALL_WELL] * calls_when_some_is_allowed(rail, picky)
    assert rail.gateway.lookup(leg).released == 600


def test_asks_for_an_allowance_unseen_when_the_node_is_away(rail) -> None:
    legs = rail.legs(rail.plan(rail.dollar, 1_000))

    asked = a_gateway().prepare_payment(an_attempt(legs), Payer(account_id="acc_1"))

    assert [call.to for call in asked.calls] == [rail.dollar, rail.escrow]
