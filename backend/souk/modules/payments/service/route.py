"""What is on offer, and what follows from a choice. The one place that knows methods apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from souk.core.addresses import ZERO_ADDRESS, Address
from souk.core.money import Asset
from souk.modules.payments.domain import ChainMoney, PayChoice, PaymentMethod, QuoteTerms
from souk.modules.payments.errors import MethodUnavailable
from souk.modules.payments.ports import PaymentGateway

GRACE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A choice that can be honoured: its chain, its asset, and the feed that prices the asset,
    `None` where a token counts as a dollar."""

    chain: ChainMoney
    asset: Asset
    feed: Address | None
    spread_bps: int

    def explain(self) -> dict[str, object]:
        """Why this route, for the record."""
        return {
            "chosen": self.asset.code,
            "reason": "the payer's choice",
            "fee": "the network's gas, paid by the payer; no fee for the buyer",
            "seconds_to_finality": self.chain.seconds_to_finality,
            "price": "par" if self.feed is None else f"feed {self.feed}",
            "spread_bps": self.spread_bps,
            "alternatives": [],
        }


class Offers:
    """The methods, chains and tokens of this installation."""

    def __init__(self, money: Mapping[int, ChainMoney], quotes: QuoteTerms) -> None:
        self._money = money
        self._quotes = quotes

    @property
    def quote_seconds(self) -> int:
        """How long a quote is good."""
        return self._quotes.quote_seconds

    @property
    def max_attempts(self) -> int:
        """How many attempts a payment has."""
        return self._quotes.max_attempts

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
        chain = self.chain(choice.chain_id)
        if choice.token == ZERO_ADDRESS:
            return self._native(chain)
        token = chain.tokens.get(choice.token)
        if token is None or not token.usd_pegged:
            raise MethodUnavailable(
                f"the token {choice.token} is not on the list of {chain.name}",
                context={"token": choice.token},
            )
        return Offer(chain=chain, asset=token.asset, feed=None, spread_bps=0)

    def _native(self, chain: ChainMoney) -> Offer:
        if chain.native_feed is None:
            raise MethodUnavailable(
                f"{chain.native.symbol} has no price feed on {chain.name}; pay with a token",
                context={"chain_id": chain.chain_id},
            )
        return Offer(
            chain=chain,
            asset=chain.native,
            feed=chain.native_feed,
            spread_bps=self._quotes.native_spread_bps,
        )

    def expiry(self, chain_id: int, pay_by: datetime) -> datetime:
        """Until when an unpaid checkout waits for money that can be paid until `pay_by`: as long
        as that money would need to count, and ten minutes."""
        return pay_by + timedelta(seconds=self.chain(chain_id).seconds_to_finality) + GRACE

    def describe(self) -> list[dict[str, object]]:
        """Everything that can be chosen, for a client."""
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


def _asset(asset: Asset, token: Address, priced: str) -> dict[str, object]:
    return {
        "token": token,
        "asset": asset.code,
        "symbol": asset.symbol,
        "exponent": asset.exponent,
        "price": priced,
    }


def gateways(*, escrow: PaymentGateway) -> dict[PaymentMethod, PaymentGateway]:
    """Which rail serves which method."""
    return {PaymentMethod.ESCROW: escrow}
