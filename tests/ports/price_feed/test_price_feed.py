"""Reading a price from a feed that stands on a real chain."""

from datetime import UTC, datetime

import pytest

from souk.adapters.evm.price_feed import ChainlinkPriceFeed
from souk.core.addresses import checksum_address
from souk.core.errors import ProviderUnavailable
from tests.support.chain_builders import DEPLOYER, a_node
from tests.support.payment_builders import FEED
from tests.support.rail_builders import EscrowRail


@pytest.fixture
def rail(still_chain):
    with a_node(still_chain.url) as node:
        yield EscrowRail(still_chain, node)


def a_feed(rail, answer: int, *, decimals: int = 8):
    arguments = [("address", DEPLOYER), ("uint8", decimals), ("string", "ETH / USD")]
    return rail.deploy("TestPriceFeed", *arguments, ("int256", answer))


@pytest.mark.parametrize("answer", [2_500 * 10**8, -1, 2**255 - 1])
def test_tells_what_the_feed_says_unjudged(rail, answer) -> None:
    feed = a_feed(rail, answer)

    price = ChainlinkPriceFeed({31337: rail.node}).latest(31337, feed)

    assert (price.answer, price.decimals) == (answer, 8)
    assert price.updated_at == datetime.fromtimestamp(rail.now, UTC)
    assert feed in price.source


@pytest.mark.parametrize("where", ["nothing", "another contract", "an account"])
def test_is_unavailable_when_there_is_no_feed(rail, where) -> None:
    address = {
        "nothing": FEED,
        "another contract": rail.dollar,
        "an account": checksum_address(DEPLOYER),
    }[where]

    with pytest.raises(ProviderUnavailable):
        ChainlinkPriceFeed({31337: rail.node}).latest(31337, address)


def test_is_unavailable_when_the_feed_scales_absurdly(rail) -> None:
    feed = a_feed(rail, 1, decimals=255)

    with pytest.raises(ProviderUnavailable):
        ChainlinkPriceFeed({31337: rail.node}).latest(31337, feed)
