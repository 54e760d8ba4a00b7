"""What an order costs in another asset: rate, spread, and one rounding."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from souk.core.money import USD, Asset, allocate, divide_half_even
from souk.modules.payments.errors import AmountOutOfRange

MAX_LEG_AMOUNT = 2**96 - 1
"""The escrow contract keeps amounts in 96 bits."""

_BPS = 10_000


@dataclass(frozen=True, slots=True)
class Rate:
    """Dollars for one whole unit of an asset: `amount / 10 ** exponent`, and where that is from."""

    amount: int
    exponent: int
    source: str


PAR = Rate(1, 0, "par")
"""A dollar token counts as a dollar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A price in `asset`, good until `expires_at` on the chain's clock. `parts` belong to the
    orders one by one and sum to `total`."""

    asset: Asset
    total: int
    parts: tuple[int, ...]
    rate: Rate
    spread_bps: int
    issued_at: datetime
    expires_at: datetime


def price_in(
    cents: Sequence[int], *, asset: Asset, rate: Rate, spread_bps: int
) -> tuple[int, tuple[int, ...]]:
    """Convert order totals in US cents: the total in the asset's smallest unit, rounded half-even
    once, and its split over the orders by largest remainder.

    Raises `AmountOutOfRange` when a part is zero or above `MAX_LEG_AMOUNT`.
    """
    if not cents or min(cents) <= 0:
        raise AmountOutOfRange("there is nothing to pay for one of the orders")
    numerator = sum(cents) * 10 ** (asset.exponent + rate.exponent) * (_BPS + spread_bps)
    total = divide_half_even(numerator, 10**USD.exponent * rate.amount * _BPS)
    parts = tuple(allocate(total, cents))
    if min(parts) == 0:
        raise AmountOutOfRange(f"an order is worth less than the smallest unit of {asset.symbol}")
    if max(parts) > MAX_LEG_AMOUNT:
        raise AmountOutOfRange(f"an order is worth more {asset.symbol} than the escrow can hold")
    return total, parts
