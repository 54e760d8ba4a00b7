"""What this installation offers: chains, tokens, terms. Given by the composition root."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from souk.core.addresses import Address
from souk.core.money import Asset
from souk.modules.payments.domain.finality import FinalityPolicy
from souk.modules.payments.domain.prices import PriceRules
from souk.modules.payments.domain.settlements import PayWay
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
    """Where and in what a chain's escrow is paid. `finality` says when a payment counts;
    `native_feed` prices the native coin, which is not offered without it."""

    chain_id: int
    name: str
    escrow: Address
    native: Asset
    tokens: Mapping[Address, TokenMoney]
    native_feed: Address | None = None
    feed_max_age_seconds: int = 3600
    finality: FinalityPolicy = FinalityPolicy()


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
    payment has: each keeps the goods from others for as long as it can be paid. `price` says what
    is believed of a price feed."""

    quote_seconds: int = 600
    native_spread_bps: int = 50
    max_attempts: int = 5
    price: PriceRules = PriceRules()


@dataclass(frozen=True, slots=True, kw_only=True)
class CardMoney:
    """What the card rail takes: `provider` names it to clients, `fee_bps` and `fee_fixed` (cents)
    are what it costs, borne by the platform; `hold_days` is how long it lets money wait before it
    has to be handed on, and `dispute_days` of these are kept for a decision; a bank takes
    `bank_seconds` to transfer it."""

    provider: str
    fee_bps: int = 290
    fee_fixed: int = 30
    least: int = 50
    most: int = 99_999_999
    hold_days: int = 90
    dispute_days: int = 30
    quote_seconds: int = 1_800
    bank_seconds: int = 432_000


@dataclass(frozen=True, slots=True, kw_only=True)
class EscrowChoice:
    """A wallet pays into the contract: `token` is the zero address for the native coin, `way` how
    the wallet lets the contract have it."""

    method: PaymentMethod = PaymentMethod.ESCROW
    chain_id: int
    token: Address
    wallet: Address
    way: PayWay = PayWay.CALLS

    @property
    def identity(self) -> dict[str, str | int]:
        """How a client knows it."""
        return {"chain_id": self.chain_id, "wallet": self.wallet}

    @property
    def place(self) -> tuple[int, Address, Address]:
        """What pays: chain, asset and wallet, in whatever way."""
        return self.chain_id, self.token, self.wallet

    @property
    def is_signed_first(self) -> bool:
        """Whether the payer signs a message before there is a call to send."""
        return self.way is not PayWay.CALLS


@dataclass(frozen=True, slots=True, kw_only=True)
class CardChoice:
    """A card or bank account pays through the provider: one that is entered there, or the saved
    one of this reference. `anyway` says that the buyer knows of an earlier attempt that could
    still be paid as well, and that then this one is returned."""

    method: PaymentMethod
    saved_method: str | None = None
    anyway: bool = field(default=False, compare=False)

    @property
    def identity(self) -> dict[str, str | int]:
        """How a client knows it."""
        return {} if self.saved_method is None else {"saved_method": self.saved_method}

    @property
    def is_signed_first(self) -> bool:
        """Nothing is signed for a card."""
        return False


PayChoice = EscrowChoice | CardChoice
"""What a buyer picked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """When an unpaid checkout may end: `at` on `clock`, whose present is `now`."""

    clock: str
    now: datetime
    at: datetime
