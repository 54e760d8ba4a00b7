"""Amounts: exact whatever their size, rounded in one place."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from souk.core.money import (
    USD,
    Asset,
    MixedAssets,
    Money,
    allocate,
    decimal_to_units,
    divide_half_even,
    fee_of,
)

ETHER = Asset("eip155:1/slip44:60", 18, "ETH")
MAX_AMOUNT = 2**256 - 1
amounts = st.integers(0, MAX_AMOUNT)


def dollars(cents):
    return Money(cents, USD)


@given(amounts, amounts)
def test_addition_undoes_subtraction(left, right):
    assert dollars(left) + dollars(right) - dollars(right) == dollars(left)


def test_arithmetic_keeps_the_asset():
    assert -(dollars(3) * 4) == dollars(-12)


@pytest.mark.parametrize("operation", [Money.__add__, Money.__sub__])
def test_arithmetic_refuses_when_assets_differ(operation):
    with pytest.raises(MixedAssets):
        operation(dollars(1), Money(1, ETHER))


@pytest.mark.pitfall("P19")
@given(amounts)
@example(MAX_AMOUNT)
def test_json_carries_the_amount_exactly_when_it_passes_any_integer_type(amount):
    document = Money(amount, ETHER).to_json()
    assert (int(document["amount"]), document["exponent"]) == (amount, 18)
    assert document["currency"] == ETHER.code


@pytest.mark.pitfall("P19")
@pytest.mark.parametrize(
    ("amount", "asset", "text"),
    [
        (1299, USD, "12.99 USD"),
        (-5, USD, "-0.05 USD"),
        (1299, Asset("JPY", 0, "JPY"), "1299 JPY"),
        (1299, Asset("KWD", 3, "KWD"), "1.299 KWD"),
        (1, ETHER, "0.000000000000000001 ETH"),
        (MAX_AMOUNT, ETHER, f"{str(MAX_AMOUNT)[:-18]}.{str(MAX_AMOUNT)[-18:]} ETH"),
    ],
)
def test_text_shows_every_digit_in_the_assets_scale(amount, asset, text):
    assert str(Money(amount, asset)) == text


@given(st.integers(-(2**300), 2**300), st.integers(1, 2**128))
@example(1, 2)
@example(3, 2)
@example(-1, 2)
@example(-3, 2)
@example(2**90 - 1, 2**91)
@example(2**90 + 1, 2**91)
def test_division_rounds_half_to_even_whatever_the_size(numerator, denominator):
    assert divide_half_even(numerator, denominator) == round(Fraction(numerator, denominator))


@pytest.mark.parametrize("denominator", [0, -1])
def test_division_refuses_when_the_denominator_is_not_positive(denominator):
    with pytest.raises(ZeroDivisionError):
        divide_half_even(1, denominator)


@pytest.mark.parametrize(
    ("value", "exponent", "units"),
    [("12.99", 2, 1299), ("0.125", 2, 12), ("0.135", 2, 14), ("-0.125", 2, -12), ("7", 0, 7)],
)
def test_decimal_rounds_half_to_even(value, exponent, units):
    assert decimal_to_units(Decimal(value), exponent) == units


@given(amounts)
def test_decimal_gives_the_units_back_exactly(amount):
    assert decimal_to_units(Decimal(f"{amount}e-18"), 18) == amount


weights = st.lists(amounts, min_size=1, max_size=20).filter(any)


@given(amounts, weights)
def test_allocate_loses_nothing_and_strays_less_than_one_unit(total, shares):
    parts = allocate(total, shares)
    assert sum(parts) == total
    for part, share in zip(parts, shares, strict=True):
        assert abs(part - Fraction(total * share, sum(shares))) < 1


def test_allocate_gives_the_rest_to_the_largest_fractions_and_then_to_the_first():
    assert allocate(100, [1, 1, 1]) == [34, 33, 33]
    assert allocate(10, [5, 3, 3]) == [4, 3, 3]


@given(amounts, weights)
def test_allocate_gives_nothing_when_the_weight_is_zero(total, shares):
    parts = allocate(total, shares)
    assert all(part == 0 for part, share in zip(parts, shares, strict=True) if share == 0)


@pytest.mark.parametrize(("total", "shares"), [(1, []), (1, [0, 0]), (1, [2, -1]), (-1, [1])])
def test_allocate_refuses_when_it_cannot_be_fair(total, shares):
    with pytest.raises(ValueError, match="allocate needs"):
        allocate(total, shares)


@given(amounts, st.integers(0, 10_000))
def test_fee_never_exceeds_its_share(amount, basis_points):
    assert 0 <= Fraction(amount * basis_points, 10_000) - fee_of(amount, basis_points) < 1
