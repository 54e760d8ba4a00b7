"""Quote maths: one rounding, nothing lost in the split."""

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from souk.core.money import Asset
from souk.modules.payments.domain import (
    MAX_LEG_AMOUNT,
    PAR,
    Rate,
    price_in,
)
from souk.modules.payments.errors import AmountOutOfRange

ETH = Asset("eip155:1/slip44:60", 18, "ETH")
DOLLAR = Asset("eip155:1/erc20:0x", 6, "USDC")
YEN_LIKE = Asset("eip155:1/erc20:0x1", 0, "WHOLE")
CARTS = st.lists(st.integers(1, 10**9), min_size=1, max_size=20)


@given(CARTS, st.integers(1, 10**14), st.integers(0, 18), st.integers(0, 1_000))
def test_splits_the_sum_without_losing_a_unit(cents, answer, exponent, spread) -> None:
    try:
        total, parts = price_in(
            cents, asset=ETH, rate=Rate(answer, exponent, "feed"), spread_bps=spread
        )
    except AmountOutOfRange:
        assume(False)
    exact = Fraction(sum(cents), 100) * Fraction(10**exponent, answer)
    exact *= 10**18 * Fraction(10_000 + spread, 10_000)

    assert sum(parts) == total
    assert abs(total - exact) <= Fraction(1, 2)
    assert all(
        abs(part - Fraction(total * one, sum(cents))) < 1
        for part, one in zip(parts, cents, strict=True)
    )


@given(CARTS)
def test_takes_a_dollar_for_a_dollar_when_the_token_is_pegged(cents) -> None:
    total, parts = price_in(cents, asset=DOLLAR, rate=PAR, spread_bps=0)

    assert total == sum(cents) * 10_000
    assert list(parts) == [one * 10_000 for one in cents]


@pytest.mark.parametrize(("cents", "units"), [(50, 0), (51, 1), (149, 1), (150, 2), (250, 2)])
def test_rounds_half_to_even(cents, units) -> None:
    if units == 0:
        with pytest.raises(AmountOutOfRange):
            price_in([cents], asset=YEN_LIKE, rate=PAR, spread_bps=0)
    else:
        assert price_in([cents], asset=YEN_LIKE, rate=PAR, spread_bps=0) == (units, (units,))


@pytest.mark.parametrize("cents", [[], [0], [5, 0], [-1]])
def test_refuses_when_there_is_nothing_to_pay(cents) -> None:
    with pytest.raises(AmountOutOfRange):
        price_in(cents, asset=DOLLAR, rate=PAR, spread_bps=0)


@pytest.mark.pitfall("P19")
def test_refuses_more_than_the_contract_can_hold() -> None:
    one_unit_a_cent = Asset("eip155:1/erc20:0x2", 2, "CENT")
    fits = price_in([MAX_LEG_AMOUNT], asset=one_unit_a_cent, rate=PAR, spread_bps=0)

    with pytest.raises(AmountOutOfRange):
        price_in([MAX_LEG_AMOUNT + 1], asset=one_unit_a_cent, rate=PAR, spread_bps=0)
    assert fits == (MAX_LEG_AMOUNT, (MAX_LEG_AMOUNT,))
