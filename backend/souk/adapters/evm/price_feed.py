"""Reading prices from Chainlink-shaped feeds (`AggregatorV3Interface`)."""

from collections.abc import Mapping
from datetime import UTC, datetime

from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak

from souk.adapters.evm.node import EvmNode
from souk.adapters.evm.presence import ChainPresence
from souk.adapters.evm.wire import UNREADABLE
from souk.core.addresses import Address
from souk.core.errors import ProviderUnavailable
from souk.modules.chain.domain import Call
from souk.modules.chain.errors import CallReverted
from souk.modules.payments.domain import PastRate, PriceAnswer, Rate

_DECIMALS = keccak(b"decimals()")[:4]
_LATEST = keccak(b"latestRoundData()")[:4]
_ROUND = keccak(b"getRoundData(uint80)")[:4]
_ROUND_TYPES = ["uint80", "int256", "uint256", "uint256", "uint80"]
_MAX_DECIMALS = 36
_LAST_SECOND = 2**37


class ChainlinkPriceFeed:
    """The `PriceFeed` port over `eth_call`."""

    def __init__(self, nodes: Mapping[int, EvmNode], presence: ChainPresence) -> None:
        self._nodes = nodes
        self._presence = presence

    def latest(self, chain_id: int, feed: Address) -> PriceAnswer:
        """The newest round of a feed, and the one before it. Raises `ProviderUnavailable`, also
        when there is no feed at this address, and when the chain did not answer a moment ago or
        too many wait for it."""
        source = f"feed {feed}"
        (decimals,) = self._read(chain_id, Call(feed, _DECIMALS), ["uint8"])
        round_id, answer, _started, updated_at, answered_in = self._read(
            chain_id, Call(feed, _LATEST), _ROUND_TYPES
        )
        if decimals > _MAX_DECIMALS or updated_at > _LAST_SECOND:
            raise ProviderUnavailable(f"the price feed of chain {chain_id} answers absurdly")
        before = self._find_round(chain_id, feed, round_id - 1)
        return PriceAnswer(
            answer=answer,
            decimals=decimals,
            updated_at=datetime.fromtimestamp(updated_at, UTC),
            source=source,
            round_id=round_id,
            answered_in=answered_in,
            before=_past(before, decimals, source, until=updated_at),
        )

    def _read(self, chain_id: int, call: Call, types: list[str]) -> tuple[int, ...]:
        try:
            return self._decoded(chain_id, call, types)
        except (CallReverted, *UNREADABLE) as error:
            raise ProviderUnavailable("there is no price feed where it should be") from error

    def _find_round(self, chain_id: int, feed: Address, round_id: int) -> tuple[int, ...] | None:
        """An earlier round; `None` when the feed does not have it, as after a change of the
        contract behind it, where the numbers go on elsewhere."""
        if round_id < 0:
            return None
        call = Call(feed, _ROUND + encode(["uint80"], [round_id]))
        try:
            return self._decoded(chain_id, call, _ROUND_TYPES)
        except (CallReverted, *UNREADABLE):
            return None

    def _decoded(self, chain_id: int, call: Call, types: list[str]) -> tuple[int, ...]:
        with self._presence.asking(chain_id):
            answer = self._nodes[chain_id].call(call)
        values: tuple[int, ...] = decode(types, answer)
        return values


def _past(
    found: tuple[int, ...] | None, decimals: int, source: str, *, until: int
) -> PastRate | None:
    """A round as a rate; `None` for one that was never finished, as noughts show, or makes no
    sense."""
    if found is None:
        return None
    _round, answer, _started, updated_at, _answered = found
    if answer <= 0 or not 0 < updated_at <= until:
        return None
    return PastRate(Rate(answer, decimals, source), datetime.fromtimestamp(updated_at, UTC))
