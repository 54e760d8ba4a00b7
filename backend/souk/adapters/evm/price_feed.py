"""Reading prices from Chainlink-shaped feeds (`AggregatorV3Interface`)."""

from collections.abc import Mapping
from datetime import UTC, datetime

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.crypto import keccak

from souk.adapters.evm.node import EvmNode
from souk.core.addresses import Address
from souk.core.errors import ProviderUnavailable
from souk.modules.chain.domain import Call
from souk.modules.chain.errors import CallReverted
from souk.modules.payments.domain import PriceAnswer

_DECIMALS = keccak(b"decimals()")[:4]
_LATEST = keccak(b"latestRoundData()")[:4]
_MAX_DECIMALS = 36
_LAST_SECOND = 2**37


class ChainlinkPriceFeed:
    """The `PriceFeed` port over `eth_call`."""

    def __init__(self, nodes: Mapping[int, EvmNode]) -> None:
        self._nodes = nodes

    def latest(self, chain_id: int, feed: Address) -> PriceAnswer:
        """The newest round of a feed. Raises `ProviderUnavailable`, also when there is no feed at
        this address."""
        node = self._nodes[chain_id]
        (decimals,) = _read(node, feed, _DECIMALS, ["uint8"])
        _round, answer, _started, updated_at, _answered = _read(
            node, feed, _LATEST, ["uint80", "int256", "uint256", "uint256", "uint80"]
        )
        if decimals > _MAX_DECIMALS or updated_at > _LAST_SECOND:
            raise ProviderUnavailable(f"the price feed of chain {chain_id} answers absurdly")
        return PriceAnswer(
            answer=answer,
            decimals=decimals,
            updated_at=datetime.fromtimestamp(updated_at, UTC),
            source=f"feed {feed}",
        )


def _read(node: EvmNode, feed: Address, selector: bytes, types: list[str]) -> tuple[int, ...]:
    try:
        values: tuple[int, ...] = decode(types, node.call(Call(feed, selector)))
    except (CallReverted, DecodingError) as error:
        raise ProviderUnavailable("there is no price feed where it should be") from error
    return values
