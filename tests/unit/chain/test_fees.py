"""What is offered for gas, and in the place of what was offered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from souk.modules.chain.domain import Fees, GasPrice, bid, outbid

wei = st.integers(0, 2**96)
prices = st.builds(GasPrice, wei, wei)


@given(prices, wei)
def test_bids_no_more_than_is_allowed(price: GasPrice, most: int) -> None:
    assert bid(price, most).max_fee <= most


@given(prices)
def test_bids_enough_for_a_base_fee_that_doubles(price: GasPrice) -> None:
    doubled = GasPrice(2 * price.base_fee, price.tip)

    assert bid(price, 2**200).is_enough(doubled)


@given(st.builds(Fees, wei, wei), prices)
def test_outbids_both_by_an_eighth_and_the_price(old: Fees, price: GasPrice) -> None:
    new = outbid(old, price, 2**200)

    assert 8 * new.max_fee >= 9 * old.max_fee
    assert 8 * new.tip >= 9 * old.tip
    assert new.is_enough(price)


@pytest.mark.parametrize(("max_fee", "tip"), [(99, 10), (100, 9)])
def test_finds_too_little_what_the_next_block_or_its_maker_would_not_take(
    max_fee: int, tip: int
) -> None:
    assert not Fees(max_fee, tip).is_enough(GasPrice(90, 10))
    assert Fees(100, 10).is_enough(GasPrice(90, 10))
