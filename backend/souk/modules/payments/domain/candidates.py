"""What is weighed when a way to pay is looked for: a basket, what is known of the chains, and each
way to pay with its cost, its time, and what keeps it from being possible."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from souk.core.addresses import ZERO_ADDRESS, Address
from souk.core.money import USD, Asset, Money
from souk.modules.payments.domain.choices import PayWish
from souk.modules.payments.domain.funds import GasToPay, Lack, WalletFunds
from souk.modules.payments.domain.offers import CardChoice, ChainMoney, EscrowChoice, PayChoice
from souk.modules.payments.domain.quotes import Rate
from souk.modules.payments.domain.settlements import PayWay
from souk.modules.payments.domain.statuses import PaymentMethod
from souk.modules.payments.domain.terms import DIGITAL_WINDOW_SECONDS, MARGIN_DAYS
from souk.modules.sellers.domain import PayoutWallets, WalletProofs

DAY_SECONDS = 86_400

Spenders = Mapping[PayWay, Address | None]
"""The ways to pay in an asset, and whom the payer has to let at it first in each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BasketOrder:
    """Of an order what decides how it can be paid: its total in US cents, what its seller promises,
    and how the seller is paid, with the wallets that they have proved by now. Days are `None` for
    digital goods."""

    total: int
    payouts: PayoutWallets
    proofs: WalletProofs
    takes_cards: bool
    digital: bool = False
    handling_days: int | None = None
    transit_days: int | None = None

    @property
    def held_days(self) -> int:
        """How long its money waits when everybody takes all the time that the terms give."""
        if self.digital:
            return DIGITAL_WINDOW_SECONDS // DAY_SECONDS
        return (self.handling_days or 0) + (self.transit_days or 0) + 2 * MARGIN_DAYS


@dataclass(frozen=True, slots=True)
class Basket:
    """The orders that are paid together, one at least."""

    orders: tuple[BasketOrder, ...]

    @property
    def total(self) -> int:
        """US cents."""
        return sum(order.total for order in self.orders)

    @property
    def totals(self) -> tuple[int, ...]:
        """US cents of each order."""
        return tuple(order.total for order in self.orders)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainView:
    """A chain as far as anybody has looked. `rate` prices its coin, `spread_bps` is added to that;
    `spenders` are those of each asset that was asked about, `funds` the wallets that were read,
    `gas` what paying all the orders takes in each way of an asset. `trouble` says why the chain
    cannot be paid on now, `unpriced` why its coin cannot; `relays` that we would send what a payer
    has signed."""

    money: ChainMoney
    spread_bps: int = 0
    rate: Rate | None = None
    spenders: Mapping[Address, Spenders] = field(default_factory=dict)
    funds: Mapping[Address, WalletFunds] = field(default_factory=dict)
    gas: Mapping[tuple[PayWay, Address], GasToPay] = field(default_factory=dict)
    trouble: str | None = None
    unpriced: str | None = None
    relays: bool = False

    @property
    def assets(self) -> dict[Address, Asset]:
        """What can be paid in: tokens that count as dollars, and the coin where it has a feed."""
        coin = {} if self.money.native_feed is None else {ZERO_ADDRESS: self.money.native}
        tokens = {at: token.asset for at, token in self.money.tokens.items() if token.usd_pegged}
        return coin | tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """An attempt that can still be paid, so that no other one may stand beside it. Of one that has
    `lapsed` nobody knows yet whether it was; it is payable no more."""

    choice: PayChoice
    payable_until: datetime
    lapsed: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a way to pay is not possible: a stable word, and a sentence."""

    code: str
    says: str


class Chance(IntEnum):
    """Whether a way is possible, as far as we know; the lower, the better."""

    CAN = 0
    UNSEEN = 1
    CANNOT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a purchase costs the buyer in US cents: the price, what is added for the risk of the
    rate, and what the network takes, which is `None` where that cannot be known. `platform` is
    what it costs us."""

    price: int
    spread: int = 0
    gas: int | None = 0
    platform: int = 0

    @property
    def fee(self) -> int:
        """What the buyer pays beyond the price, as far as it is known."""
        return self.spread + (self.gas or 0)

    @property
    def total(self) -> int:
        """All of it, as far as it is known."""
        return self.price + self.fee


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One way to pay. `price` is in its asset, `steps` what the payer signs, `seen` whether the
    wallet was looked at; `relayed` means that we send what was signed, `anyway` that the buyer has
    to accept that an earlier attempt could still be paid as well."""

    method: PaymentMethod
    asset: Asset
    cost: Cost
    seconds: int
    price: Money | None = None
    chain_id: int | None = None
    chain: str | None = None
    token: Address | None = None
    wallet: Address | None = None
    way: PayWay | None = None
    ways: tuple[PayWay, ...] = ()
    steps: int = 1
    seen: bool = True
    relayed: bool = False
    anyway: bool = False
    lacks: tuple[Lack, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    @property
    def chance(self) -> Chance:
        """Whether it is possible."""
        if self.reasons:
            return Chance.CANNOT
        return Chance.CAN if self.seen else Chance.UNSEEN

    @property
    def reasons(self) -> tuple[Refusal, ...]:
        """Everything that keeps it from being possible."""
        lacking = [Refusal(lack.kind, f"the wallet {lack.says}") for lack in self.lacks_blocking]
        return (*self.refusals, *lacking)

    @property
    def lacks_blocking(self) -> tuple[Lack, ...]:
        """What the wallet lacks and signing alone does not bring."""
        return tuple(lack for lack in self.lacks if lack.blocks)

    def is_of(self, wish: PayWish) -> bool:
        """Whether it is what a buyer asked for, or one of those that were left to us."""
        if wish.method is not self.method:
            return False
        if isinstance(wish, CardChoice):
            return True
        mine = (self.chain_id, self.token, self.wallet, self.way)
        asked = (wish.chain_id, wish.token, wish.wallet, wish.way)
        return all(wanted is None or wanted == own for wanted, own in zip(asked, mine, strict=True))

    def to_choice(self) -> PayChoice:
        """The choice of just this. Raises `ValueError` where no wallet is known."""
        if self.chain_id is None:
            return CardChoice(method=self.method)
        if self.token is None or self.wallet is None or self.way is None:
            raise ValueError("nobody can be asked to pay from a wallet that is not known")
        return EscrowChoice(
            method=self.method,
            chain_id=self.chain_id,
            token=self.token,
            wallet=self.wallet,
            way=self.way,
        )

    @property
    def order(self) -> tuple[object, ...]:
        """What ranks first is less: what can be paid, without a warning, for the least that is
        known, soonest, cheapest for us, with the fewest signatures. What is left is a matter of
        names, so that no two are alike."""
        return (
            self.chance,
            self.anyway,
            self.cost.gas is None,
            self.cost.total,
            self.seconds,
            self.cost.platform,
            self.steps,
            *self.names,
        )

    @property
    def names(self) -> tuple[str, ...]:
        """What sets it apart from every other: method, chain, asset, wallet, way, and sender."""
        place = (f"{self.chain_id or 0:020}", self.token or "", self.wallet or "", self.way or "")
        return (f"{tuple(PaymentMethod).index(self.method):02}", *place, str(self.relayed))


def of_sellers(basket: Basket, money: ChainMoney) -> Iterator[Refusal]:
    """That nobody may be paid on a chain to a wallet that may be somebody else's there."""
    orders, at = basket.orders, money.chain_id
    lost = sum(not order.payouts.is_proved_on(at, order.proofs) for order in orders)
    if lost:
        says = (
            f"{lost} of {len(orders)} sellers would be paid to a wallet that is not known to be"
            f" theirs on {money.name}; they have to name one for chain {at} in payout_wallets,"
            " which holds for orders from then on"
        )
        yield Refusal("payout_wallet_not_here", says)


def usd(cents: int) -> Money:
    """US cents as money."""
    return Money(cents, USD)
