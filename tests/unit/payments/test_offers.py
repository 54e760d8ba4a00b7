"""What is on offer, and how a choice is honoured."""

from dataclasses import replace

import pytest

from souk.core.addresses import ZERO_ADDRESS, Address
from souk.modules.chain.domain import Level
from souk.modules.payments.domain import FinalityPolicy, QuoteTerms
from souk.modules.payments.errors import MethodUnavailable
from souk.modules.payments.service import Offers
from tests.support.clock import START
from tests.support.payment_builders import DOLLAR, FEED, MONEY, NATIVE, a_choice


def _nobody_can_tell(_chain_id: int, _token: Address) -> None:
    """In which ways a token can be paid."""


def offers(**changes) -> Offers:
    return Offers({31337: replace(MONEY, **changes)}, QuoteTerms())


def test_prices_a_coin_by_its_feed_and_a_dollar_token_at_par() -> None:
    coin, dollar = offers().find(a_choice(**NATIVE)), offers().find(a_choice())

    assert coin.feed is not None
    assert (coin.feed.address, coin.spread_bps) == (FEED, 50)
    assert (dollar.feed, dollar.spread_bps) == (None, 0)


def test_offers_no_coin_without_a_price_feed() -> None:
    found = offers(native_feed=None)

    with pytest.raises(MethodUnavailable):
        found.find(a_choice(**NATIVE))
    assert [asset["token"] for asset in found.describe(_nobody_can_tell)[0]["assets"]] == [DOLLAR]


def test_offers_no_token_that_is_not_pegged() -> None:
    loose = replace(MONEY.tokens[DOLLAR], usd_pegged=False)
    found = offers(tokens={DOLLAR: loose})

    with pytest.raises(MethodUnavailable):
        found.find(a_choice())
    assert [asset["token"] for asset in found.describe(_nobody_can_tell)[0]["assets"]] == [
        ZERO_ADDRESS
    ]


def test_waits_for_finality_and_ten_minutes_more() -> None:
    found = offers(finality=FinalityPolicy(seconds={Level.CONFIRMED: 24, Level.FINAL: 1_440}))

    waited = [
        (found.expiry("chain:31337", START, level) - START).total_seconds()
        for level in (Level.CONFIRMED, Level.FINAL)
    ]

    assert waited == [624, 2_040]


def test_describes_every_chain_in_the_order_of_their_numbers() -> None:
    found = Offers({id_: replace(MONEY, chain_id=id_) for id_ in (10, 1, 8453)}, QuoteTerms())

    described = found.describe(_nobody_can_tell)

    assert [each["chain_id"] for each in described] == [1, 10, 8453]
