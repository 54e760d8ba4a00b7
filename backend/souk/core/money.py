"""Amounts of money, and the only place where anything is rounded.

An amount is a whole number of the asset's smallest unit, next to its asset: an ISO 4217 code
(`USD`) or a CAIP-19 id (`eip155:1/erc20:0x...`, `eip155:1/slip44:60`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

_WRITTEN_OUT = 3


class MixedAssets(ArithmeticError):
    """Two amounts of different assets met in one sum. A defect, never a person's mistake."""


@dataclass(frozen=True, slots=True, order=True)
class Asset:
    """What an amount counts: `code` is its identity, `exponent` the digits after the point."""

    code: str
    exponent: int
    symbol: str


USD = Asset("USD", 2, "USD")


@dataclass(frozen=True, slots=True)
class Money:
    """A whole number of an asset's smallest unit; may be negative in a ledger."""

    amount: int
    asset: Asset

    def __add__(self, other: "Money") -> "Money":
        self._require_same(other)
        return Money(self.amount + other.amount, self.asset)

    def __sub__(self, other: "Money") -> "Money":
        self._require_same(other)
        return Money(self.amount - other.amount, self.asset)

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.asset)

    def __mul__(self, quantity: int) -> "Money":
        return Money(self.amount * quantity, self.asset)

    def _require_same(self, other: "Money") -> None:
        if self.asset.code != other.asset.code:
            raise MixedAssets(f"{self.asset.code} and {other.asset.code}")

    def to_json(self) -> dict[str, str | int]:
        """`{"amount": "1299", "currency": "USD", "exponent": 2}`; the amount is a string because
        it may pass 2^53."""
        return {
            "amount": str(self.amount),
            "currency": self.asset.code,
            "exponent": self.asset.exponent,
        }

    def __str__(self) -> str:
        with localcontext() as context:
            context.prec = 100
            units = Decimal(self.amount).scaleb(-self.asset.exponent)
            digits = f"{units:f}"
        # Cents are written out; the zeros of an eighteen-digit coin would only be in the way.
        if self.asset.exponent > _WRITTEN_OUT and "." in digits:
            digits = digits.rstrip("0").rstrip(".")
        return f"{digits} {self.asset.symbol}"


def divide_half_even(numerator: int, denominator: int) -> int:
    """`numerator / denominator` rounded half to even, exactly, whatever the size."""
    if denominator <= 0:
        raise ZeroDivisionError("the denominator must be positive")
    quotient, remainder = divmod(numerator, denominator)
    twice = 2 * remainder
    if twice > denominator or (twice == denominator and quotient % 2 == 1):
        return quotient + 1
    return quotient


def decimal_to_units(value: Decimal, exponent: int) -> int:
    """A decimal figure in whole smallest units, half-even."""
    with localcontext() as context:
        context.prec = 120
        return int(value.scaleb(exponent).to_integral_value(rounding=ROUND_HALF_EVEN))


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` in proportion to `weights`; the parts sum to `total` exactly.

    Largest remainder: each part is its floor, and the units left over go to the largest
    fractions, the earlier part first on a tie. Weights must be >= 0 with a positive sum, and
    `total` >= 0.
    """
    weight_sum = sum(weights)
    if weight_sum <= 0 or min(weights) < 0 or total < 0:
        raise ValueError("allocate needs weights >= 0 with a positive sum and a total >= 0")
    floors = [total * weight // weight_sum for weight in weights]
    remainders = [total * weight % weight_sum for weight in weights]
    left = total - sum(floors)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-remainders[i], i))
    for index in by_remainder[:left]:
        floors[index] += 1
    return floors


def fee_of(amount: int, basis_points: int) -> int:
    """The platform's fee, rounded down as the escrow contract does."""
    return amount * basis_points // 10_000
