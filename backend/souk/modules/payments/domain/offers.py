"""What this installation offers: chains, tokens, terms. Given by the composition root."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from souk.core.addresses import Address
from souk.core.money import Asset
from souk.modules.payments.domain.statuses import PaymentMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenMoney:
    """A token on the platform's list. `usd_pegged` tokens count as dollars, one to one; others
    are not offered yet."""

    address: Address
    asset: Asset
    usd_pegged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainMoney:
    """Where and in what a chain's escrow is paid. `seconds_to_finality` is how long a block needs
    to reach the policy's level; `feed` prices the native coin, which is not offered without it."""

    chain_id: int
    name: str
    escrow: Address
    native: Asset
    tokens: Mapping[Address, TokenMoney]
    native_feed: Address | None = None
    feed_max_age_seconds: int = 3600
    seconds_to_finality: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class EscrowTerms:
    """The platform's part of every `Order`."""

    arbiter: Address
    fee_to: Address
    fee_bps: int
    silent_bps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteTerms:
    """How long a quote is good, what is added to the native coin's price, and how many attempts a
    payment has: each keeps the goods from others for as long as it can be paid."""

    quote_seconds: int = 600
    native_spread_bps: int = 50
    max_attempts: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PayChoice:
    """What a buyer picked: `token` is the zero address for the native coin, `wallet` pays."""

    method: PaymentMethod
    chain_id: int
    token: Address
    wallet: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """When an unpaid checkout may end: `at` on `clock`, whose present is `now`."""

    clock: str
    now: datetime
    at: datetime
