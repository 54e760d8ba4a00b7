"""What is on offer, and what follows from a choice. The one place that knows methods apart."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from souk.core.addresses import ZERO_ADDRESS, Address
from souk.core.money import USD, Asset
from souk.core.timers import WALL, chain_clock, chain_of
from souk.modules.chain.domain import Level
from souk.modules.payments.domain import (
    CARD_METHODS,
    ESCROW_METHODS,
    CardChoice,
    CardMoney,
    ChainMoney,
    CryptoWish,
    EscrowChoice,
    FinalityPolicy,
    PayChoice,
    PaymentMethod,
    PayWay,
    PayWish,
    PriceRules,
    QuoteTerms,
)
from souk.modules.payments.domain.candidates import ChainView
from souk.modules.payments.domain.route_rules import RouteRules
from souk.modules.payments.errors import MethodUnavailable
from souk.modules.payments.ports import DirectedRail, PaymentGateway

GRACE = timedelta(minutes=10)

WaysOf = Callable[[int, Address], Sequence[PayWay] | None]
"""The ways to pay in an asset of a chain; `None` while nobody can tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Where the dollar price of an asset is read, and how old it may be."""

    chain_id: int
    address: Address
    max_age_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A choice that can be honoured: in which asset, by whose clock, in which contract if any, when
    what is paid into that counts, and the feed that prices the asset, `None` where it counts as a
    dollar."""

    asset: Asset
    clock: str
    quote_seconds: int
    contract: Address | None = None
    finality: FinalityPolicy | None = None
    feed: Feed | None = None
    spread_bps: int = 0
    fee: str = "no fee for the buyer"

    @property
    def looks_outside(self) -> bool:
        """Whether somebody is asked before it is known what is to be paid: a feed for its price,
        or a chain for the payer's wallet."""
        return self.feed is not None or self.contract is not None

    def level(self, cents: int) -> Level | None:
        """The level at which a payment of so much counts; `None` where no chain has any."""
        return None if self.finality is None else self.finality.level(cents)

    def explain(self, cents: int) -> dict[str, object]:
        """Why this route for so much, for the record."""
        policy = self.finality
        return {
            "chosen": self.asset.code,
            "reason": "the payer's choice",
            "fee": self.fee,
            "finality": self.level(cents),
            "seconds_to_finality": 0 if policy is None else policy.seconds_for(cents),
            "price": "par" if self.feed is None else f"feed {self.feed.address}",
            "spread_bps": self.spread_bps,
            "alternatives": [],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A method and what serves it: a card provider, or the contract on a chain. `offered` says
    whether it is to anybody; what nothing serves is not."""

    method: PaymentMethod
    provider: str | None = None
    chain_id: int | None = None
    chain: str | None = None
    offered: bool


class Offers:
    """The methods, chains and tokens of this installation."""

    def __init__(
        self,
        money: Mapping[int, ChainMoney],
        quotes: QuoteTerms,
        card: CardMoney | None = None,
        rules: RouteRules | None = None,
    ) -> None:
        self._money = money
        self._quotes = quotes
        self._card = card
        self._rules = rules or RouteRules()

    @property
    def rules(self) -> RouteRules:
        """What is allowed of each method."""
        return self._rules

    @property
    def cards(self) -> CardMoney | None:
        """What the card rail takes; `None` where no cards are taken."""
        return self._card

    @property
    def chain_ids(self) -> tuple[int, ...]:
        """The chains that can be paid on, in rising order."""
        return tuple(sorted(self._money))

    @property
    def max_attempts(self) -> int:
        """How many attempts a payment has."""
        return self._quotes.max_attempts

    @property
    def price_rules(self) -> PriceRules:
        """What is believed of a price feed."""
        return self._quotes.price

    def chain(self, chain_id: int) -> ChainMoney:
        """What is on offer on a chain. Raises `MethodUnavailable`."""
        money = self._money.get(chain_id)
        if money is None:
            offered = ", ".join(str(known) for known in sorted(self._money)) or "none"
            raise MethodUnavailable(
                f"chain {chain_id} is not on offer here; on offer: {offered}",
                context={"chain_id": chain_id},
            )
        return money

    def view(self, chain_id: int, *, relays: bool) -> ChainView:
        """A chain that nobody has looked at yet. Raises `MethodUnavailable`."""
        return ChainView(
            money=self.chain(chain_id), spread_bps=self._quotes.native_spread_bps, relays=relays
        )

    def admit(self, wish: PayWish, account_id: str) -> None:
        """Refuse what is not offered to this account, whatever it would cost. Raises
        `MethodUnavailable`."""
        if not self._rules.is_on(wish.method, account_id):
            raise MethodUnavailable(
                f"{wish.method} is not offered to you at present; choose another way to pay",
                context={"method": wish.method},
            )
        if not isinstance(wish, CryptoWish):
            self.find(wish)
        elif wish.chain_id is not None:
            self.chain(wish.chain_id)

    def find(self, choice: PayChoice) -> Offer:
        """How a choice is honoured. Raises `MethodUnavailable`."""
        match choice:
            case CardChoice():
                return self._by_card()
            case EscrowChoice():
                return self._into_escrow(choice.chain_id, choice.token)
            case _:
                assert_never(choice)

    def at(self, chain_id: int | None, token: Address | None) -> Offer:
        """The same by chain and asset; by card without. Raises `MethodUnavailable`."""
        if chain_id is None or token is None:
            return self._by_card()
        return self._into_escrow(chain_id, token)

    def _by_card(self) -> Offer:
        if self._card is None:
            raise MethodUnavailable("cards are not taken here; choose another way to pay")
        return Offer(
            asset=USD,
            clock=WALL,
            quote_seconds=self._card.quote_seconds,
        )

    def _into_escrow(self, chain_id: int, address: Address) -> Offer:
        chain = self.chain(chain_id)
        if address == ZERO_ADDRESS:
            return self._native(chain)
        token = chain.tokens.get(address)
        if token is None or not token.usd_pegged:
            raise MethodUnavailable(
                f"the token {address} is not on the list of {chain.name}",
                context={"token": address},
            )
        return self._on(chain, token.asset)

    def _native(self, chain: ChainMoney) -> Offer:
        if chain.native_feed is None:
            raise MethodUnavailable(
                f"{chain.native.symbol} has no price feed on {chain.name}; pay with a token",
                context={"chain_id": chain.chain_id},
            )
        feed = Feed(
            chain_id=chain.chain_id,
            address=chain.native_feed,
            max_age_seconds=chain.feed_max_age_seconds,
        )
        return self._on(chain, chain.native, feed, self._quotes.native_spread_bps)

    def _on(
        self, chain: ChainMoney, asset: Asset, feed: Feed | None = None, spread_bps: int = 0
    ) -> Offer:
        return Offer(
            asset=asset,
            clock=chain_clock(chain.chain_id),
            quote_seconds=self._quotes.quote_seconds,
            finality=chain.finality,
            contract=chain.escrow,
            feed=feed,
            spread_bps=spread_bps,
            fee="the network's gas, paid by the payer; no fee for the buyer",
        )

    def expiry(self, clock: str, pay_by: datetime, level: Level) -> datetime:
        """Until when an unpaid checkout waits for money that can be paid until `pay_by`: as long
        as that money would need to reach its level, and ten minutes."""
        chain_id = chain_of(clock)
        if chain_id is None:
            return pay_by
        return pay_by + timedelta(seconds=self.chain(chain_id).finality.seconds[level]) + GRACE

    def describe(self, ways: WaysOf) -> list[dict[str, object]]:
        """Everything that can be chosen, for a client; `ways` tells those of a token."""
        return [*self._cards(), *self._escrows(ways)]

    def _offered(self, methods: Collection[PaymentMethod]) -> list[PaymentMethod]:
        """Those that are offered to anybody, in their order."""
        off = self._rules.off
        return [method for method in PaymentMethod if method in methods and method not in off]

    def _cards(self) -> list[dict[str, object]]:
        if self._card is None:
            return []
        assets = [_asset(USD, None, "par")]
        quote = {"quote_seconds": self._card.quote_seconds, "seconds_to_finality": 0}
        return [
            {"method": str(method), "provider": self._card.provider, **quote, "assets": assets}
            for method in self._offered(CARD_METHODS)
        ]

    def _escrows(self, ways: WaysOf) -> list[dict[str, object]]:
        names = self._offered(ESCROW_METHODS)
        return [
            {
                "method": str(names[0]),
                "chain_id": chain.chain_id,
                "chain": chain.name,
                "escrow": chain.escrow,
                "quote_seconds": self._quotes.quote_seconds,
                "seconds_to_finality": chain.finality.seconds_for(0),
                "finality": chain.finality.describe(),
                "assets": [*_native_asset(chain, ways), *_token_assets(chain, ways)],
            }
            for chain in sorted(self._money.values(), key=lambda money: money.chain_id)
            if names
        ]


def _native_asset(chain: ChainMoney, ways: WaysOf) -> list[dict[str, object]]:
    if chain.native_feed is None:
        return []
    by = ways(chain.chain_id, ZERO_ADDRESS)
    return [{**_asset(chain.native, ZERO_ADDRESS, "feed"), "ways": by}]


def _token_assets(chain: ChainMoney, ways: WaysOf) -> list[dict[str, object]]:
    return [
        {**_asset(token.asset, token.address, "par"), "ways": ways(chain.chain_id, token.address)}
        for _address, token in sorted(chain.tokens.items())
        if token.usd_pegged
    ]


def _asset(asset: Asset, token: Address | None, priced: str) -> dict[str, object]:
    return {
        "token": token,
        "asset": asset.code,
        "symbol": asset.symbol,
        "exponent": asset.exponent,
        "price": priced,
    }


def served(offers: Offers) -> list[Served]:
    """Every method by each rail that serves it here, and those that none does."""
    return [one for method in PaymentMethod for one in _served(offers, method)]


def _served(offers: Offers, method: PaymentMethod) -> list[Served]:
    on = offers.rules.share_of(method) > 0
    if method in CARD_METHODS and offers.cards is not None:
        return [Served(method=method, provider=offers.cards.provider, offered=on)]
    if method in ESCROW_METHODS and offers.chain_ids:
        chains = map(offers.chain, offers.chain_ids)
        return [
            Served(method=method, chain_id=one.chain_id, chain=one.name, offered=on)
            for one in chains
        ]
    return [Served(method=method, offered=False)]


def directions(card: DirectedRail | None) -> dict[PaymentMethod, DirectedRail]:
    """Which methods move money at our word, and by which rail."""
    return {} if card is None else dict.fromkeys(CARD_METHODS, card)


def gateways(
    *, escrow: PaymentGateway, card: PaymentGateway | None = None
) -> dict[PaymentMethod, PaymentGateway]:
    """Which rail serves which method."""
    found = dict.fromkeys(ESCROW_METHODS, escrow)
    return found if card is None else found | dict.fromkeys(CARD_METHODS, card)
