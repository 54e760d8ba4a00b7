"""Keeping the local chain's price feed fresh: there is no oracle on a chain of one machine.

The feed's age is judged by block time, as everything is that concerns a quote, so moving the
chain's clock makes it stale at once, and the next round here brings it up to date.
"""

from dataclasses import dataclass

from eth_utils.crypto import keccak

from souk.core.addresses import Address
from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.domain import Call
from souk.modules.chain.service import Chains
from souk.modules.payments.ports import PriceFeed

_UPDATE = keccak(b"update(int256)")[:4]


@dataclass(frozen=True, slots=True)
class LocalPriceFeed:
    """Repeats the feed's own last answer when it has reached a quarter of its allowed age."""

    uow: UnitOfWork
    chains: Chains
    prices: PriceFeed
    chain_id: int
    feed: Address
    max_age_seconds: int

    def refresh(self) -> bool:
        """Send an update if one is due; whether it was. Once for each span of block time."""
        with self.uow.begin() as tx:
            head = self.chains.head(tx, self.chain_id)
        if head is None:
            return False
        price = self.prices.latest(self.chain_id, self.feed)
        span = self.max_age_seconds // 4
        if (head.at - price.updated_at).total_seconds() < span:
            return False
        data = _UPDATE + price.answer.to_bytes(32, "big", signed=True)
        intent = f"feed:{int(head.at.timestamp()) // span}"
        self.chains.send(self.chain_id, Call(to=self.feed, data=data), intent=intent)
        return True
