"""What the contract could not hand over, and keeps for its owner."""

import pytest

from souk.core.addresses import Address
from souk.modules.payments import errors
from tests.support.rail_builders import CHAIN_ID, a_listed_mock, tell

ELSEWHERE = Address("0x" + "77" * 20)


@pytest.fixture
def released(rail, token):
    """An order whose money the seller has."""
    (leg,) = rail.pay(rail.plan(token, 1_000))
    rail.sign(rail.buyer, rail.gateway.release([leg]))
    return leg


def a_failed_payout(rail) -> Address:
    """The token's issuer has blocked the seller before the release; the token."""
    mute = a_listed_mock(rail, "MuteDollar")
    (leg,) = rail.pay(rail.plan(mute, 1_000))
    tell(rail.chain, mute, "deny(address,bool)", rail.seller.address, True)
    rail.sign(rail.buyer, rail.gateway.release([leg]))
    return mute


def test_shows_a_payout_that_failed_to_its_owner(rail) -> None:
    mute = a_failed_payout(rail)

    (credit,) = rail.credits.waiting(CHAIN_ID, [rail.seller.address])

    assert (credit.token, credit.amount.amount) == (mute, 975)
    assert credit.amount.asset == rail.assets[mute]


def test_shows_what_waits_for_several_accounts_at_once(rail, released) -> None:
    mute = a_failed_payout(rail)
    who = [rail.stranger.address, rail.platform.address, rail.seller.address]

    found = rail.credits.waiting(CHAIN_ID, who)

    assert {credit.account for credit in found} == {rail.platform.address, rail.seller.address}
    assert [credit.token for credit in found if credit.account == rail.seller.address] == [mute]


def test_shows_what_waits_in_a_token_that_left_the_list_to_who_asks_about_it(rail) -> None:
    mute = a_failed_payout(rail)
    del rail.tokens[mute]

    (credit,) = rail.credits.waiting(CHAIN_ID, [rail.seller.address], [mute])

    assert (credit.token, credit.amount.amount) == (mute, 975)


def test_pays_what_failed_to_another_wallet_of_its_owner(rail) -> None:
    mute = a_failed_payout(rail)
    who = {"account": rail.seller.address, "to": ELSEWHERE}

    asked = rail.credits.withdraw(CHAIN_ID, mute, **who)

    rail.sign(rail.seller, asked)
    assert rail.balance(mute, ELSEWHERE) == 975
    assert rail.credits.waiting(CHAIN_ID, [rail.seller.address]) == ()


def test_says_no_before_anyone_signs_when_the_wallet_is_still_blocked(rail) -> None:
    mute = a_failed_payout(rail)
    who = {"account": rail.seller.address, "to": rail.seller.address}

    with pytest.raises(errors.EscrowRefused):
        rail.credits.withdraw(CHAIN_ID, mute, **who)


def test_gives_nobody_what_waits_for_another(rail) -> None:
    mute = a_failed_payout(rail)
    who = {"account": rail.stranger.address, "to": rail.stranger.address}

    with pytest.raises(errors.EscrowNothingDue):
        rail.credits.withdraw(CHAIN_ID, mute, **who)


def test_pays_the_platform_its_fees(rail, token, released) -> None:
    to = ELSEWHERE
    who = {"account": rail.platform.address, "to": to}

    rail.sign(rail.platform, rail.credits.withdraw(CHAIN_ID, token, **who))

    assert rail.balance(token, to) == 25
    assert rail.credits.waiting(CHAIN_ID, [rail.platform.address]) == ()


def test_says_no_when_nothing_waits_for_an_account(rail, token) -> None:
    who = {"account": rail.stranger.address, "to": rail.stranger.address}

    with pytest.raises(errors.EscrowNothingDue):
        rail.credits.withdraw(CHAIN_ID, token, **who)


def test_says_no_when_money_would_go_to_the_contract_itself(rail, token, released) -> None:
    who = {"account": rail.platform.address, "to": rail.escrow}

    with pytest.raises(errors.EscrowBadRecipient):
        rail.credits.withdraw(CHAIN_ID, token, **who)
