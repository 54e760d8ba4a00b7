"""What is on offer, and what follows from a choice. The one place that knows methods apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from souk.core.addresses import ZERO_ADDRESS, Address
from souk.core.money import USD, Asset
from souk.core.timers import WALL, chain_clock, chain_of
from souk.modules.payments.domain import (
    CARD_METHODS,
    ESCROW_METHODS,
    CardChoice,
    CardMoney,
    ChainMoney,
    EscrowChoice,
    PayChoice,
    PaymentMethod,
    PriceRules,
    QuoteTerms,
)
from souk.modules.payments.errors import MethodUnavailable
from souk.modules.payments.ports import DirectedRail, PaymentGateway

GRACE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Where the dollar price of an asset is read, and how old it may be."""

    chain_id: int
    address: Address
    max_age_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A choice that can be honoured: in which asset, by whose clock, in which contract if any, and
    the feed that prices the asset, `None` where it counts as a dollar."""

    asset: Asset
    clock: str
    quote_seconds: int
    seconds_to_finality: int
    contract: Address | None = None
    feed: Feed | None = None
    spread_bps: int = 0
    fee: str = "no fee for the buyer"

    def explain(self) -> dict[str, object]:
        """Why this route, for the record."""
        return {
            "chosen": self.asset.code,
            "reason": "the payer's choice",
            "fee": self.fee,
            "seconds_to_finality": self.seconds_to_finality,
            "price": "par" if self.feed is None else f"feed {self.feed.address}",
            "spread_bps": self.spread_bps,
            "alternatives": [],
        }


class Offers:
    """The methods, chains and tokens of this installation."""

    def __init__(
        self, money: Mapping[int, ChainMoney], quotes: QuoteTerms, card: CardMoney | None = None
    ) -> None:
        self._money = money
        self._quotes = quotes
        self._card = card

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

    def find(self, choice: PayChoice) -> Offer:
        """How a choice is honoured. Raises `MethodUnavailable`."""
        match choice:
            case CardChoice():
                return self._by_card()
            case EscrowChoice():
                return self._into_escrow(choice)
            case _:
                assert_never(choice)

    def _by_card(self) -> Offer:
        if self._card is None:
            raise MethodUnavailable("cards are not taken here; choose another way to pay")
        return Offer(
            asset=USD,
            clock=WALL,
            quote_seconds=self._card.quote_seconds,
            seconds_to_finality=0,
        )

    def _into_escrow(self, choice: EscrowChoice) -> Offer:
        chain = self.chain(choice.chain_id)
        if choice.token == ZERO_ADDRESS:
            return self._native(chain)
        token = chain.tokens.get(choice.token)
        if token is None or not token.usd_pegged:
            raise MethodUnavailable(
                f"the token {choice.token} is not on the list of {chain.name}",
                context={"token": choice.token},
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
            seconds_to_finality=chain.seconds_to_finality,
            contract=chain.escrow,
            feed=feed,
            spread_bps=spread_bps,
            fee="the network's gas, paid by the payer; no fee for the buyer",
        )

    def expiry(self, clock: str, pay_by: datetime) -> datetime:
        """Until when an unpaid checkout waits for money that can be paid until `pay_by`: as long
        as that money would need to count, and ten minutes."""
        chain_id = chain_of(clock)
        if chain_id is None:
            return pay_by
        return pay_by + timedelta(seconds=self.chain(chain_id).seconds_to_finality) + GRACE

    def describe(self) -> list[dict[str, object]]:
        """Everything that can be chosen, for a client."""
        return [*self._cards(), *self._escrows()]

    def _cards(self) -> list[dict[str, object]]:
        if self._card is None:
            return []
        assets = [_asset(USD, None, "par")]
        quote = {"quote_seconds": self._card.quote_seconds, "seconds_to_finality": 0}
        return [
            {"method": str(method), "provider": self._card.provider, **quote, "assets": assets}
            for method in PaymentMethod
            if method in CARD_METHODS
        ]

    def _escrows(self) -> list[dict[str, object]]:
        return [
            {
                "method": str(PaymentMethod.ESCROW),
                "chain_id": chain.chain_id,
                "chain": chain.name,
                "escrow": chain.escrow,
                "quote_seconds": self._quotes.quote_seconds,
                "seconds_to_finality": chain.seconds_to_finality,
                "assets": [*_native_asset(chain), *_token_assets(chain)],
            }
            for chain in sorted(self._money.values(), key=lambda money: money.chain_id)
        ]


def _native_asset(chain: ChainMoney) -> list[dict[str, object]]:
    return [] if chain.native_feed is None else [_asset(chain.native, ZERO_ADDRESS, "feed")]


def _token_assets(chain: ChainMoney) -> list[dict[str, object]]:
    return [
        _asset(token.asset, token.address, "par")
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


def directions(card: DirectedRail | None) -> dict[PaymentMethod, DirectedRail]:
    """Which methods move money at our word, and by which rail."""
    return {} if card is None else dict.fromkeys(CARD_METHODS, card)


def gateways(
    *, escrow: PaymentGateway, card: PaymentGateway | None = None
) -> dict[PaymentMethod, PaymentGateway]:
    """Which rail serves which method."""
    found = dict.fromkeys(ESCROW_METHODS, escrow)
    return found if card is None else found | dict.fromkeys(CARD_METHODS, card)
