"""Reading a price from a feed that stands on a real chain."""

from datetime import UTC, datetime

import pytest

from souk.adapters.evm.node import EvmNode
from souk.adapters.evm.presence import ChainPresence
from souk.adapters.evm.price_feed import ChainlinkPriceFeed
from souk.adapters.evm.rpc import JsonRpcClient
from souk.core.addresses import checksum_address
from souk.core.errors import ProviderUnavailable
from souk.modules.payments.domain import PriceAnswer, PriceRules, Rate, usable_rate
from souk.modules.payments.errors import PriceUnusable
from tests.support.chain_builders import DEPLOYER, a_node
from tests.support.clock import MovableClock
from tests.support.payment_builders import FEED
from tests.support.rail_builders import EscrowRail, tell


@pytest.fixture
def rail(still_chain):
    with a_node(still_chain.url) as node:
        yield EscrowRail(still_chain, node)


def a_feed(rail, answer: int, *, decimals: int = 8):
    arguments = [("address", DEPLOYER), ("uint8", decimals), ("string", "ETH / USD")]
    return rail.deploy("TestPriceFeed", *arguments, ("int256", answer))


def prices_on(node: EvmNode) -> ChainlinkPriceFeed:
    return ChainlinkPriceFeed({31337: node}, ChainPresence(MovableClock()))


@pytest.mark.parametrize("answer", [2_500 * 10**8, -1, 2**255 - 1])
def test_tells_what_the_feed_says_unjudged(rail, answer) -> None:
    feed = a_feed(rail, answer)

    price = prices_on(rail.node).latest(31337, feed)

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
        prices_on(rail.node).latest(31337, address)


def test_is_unavailable_when_the_feed_scales_absurdly(rail) -> None:
    feed = a_feed(rail, 1, decimals=255)

    with pytest.raises(ProviderUnavailable):
        prices_on(rail.node).latest(31337, feed)


def test_asks_a_chain_that_is_away_only_once_in_a_while() -> None:
    clock = MovableClock()
    nowhere = EvmNode(JsonRpcClient("http://127.0.0.1:1", label="a node that is away"))
    prices = ChainlinkPriceFeed({31337: nowhere}, ChainPresence(clock))
    said = []
    for seconds in (0, 4, 1):
        clock.advance(seconds=seconds)
        with pytest.raises(ProviderUnavailable) as refusal:
            prices.latest(31337, FEED)
        said.append("a moment ago" in str(refusal.value))

    assert said == [False, True, False]


def test_does_not_count_a_chain_as_away_on_which_there_is_no_feed(rail) -> None:
    prices = prices_on(rail.node)
    with pytest.raises(ProviderUnavailable):
        prices.latest(31337, FEED)

    assert prices.latest(31337, a_feed(rail, 2_500 * 10**8)).answer == 2_500 * 10**8


class ScriptedFeed:
    """A feed whose rounds the test writes."""

    def __init__(self, rail, *, reverts: bool = True) -> None:
        self._rail = rail
        self.address = rail.deploy_mock("ScriptedFeed", ("bool", reverts))

    def put(
        self, round_id: int, dollars: int, *, at: int | None = None, answered: int | None = None
    ) -> None:
        updated_at = self._rail.now if at is None else at
        values = (round_id, dollars * 10**8, updated_at, round_id if answered is None else answered)
        tell(self._rail.chain, self.address, "put(uint80,int256,uint256,uint80)", *values)

    def latest(self) -> PriceAnswer:
        return prices_on(self._rail.node).latest(31337, self.address)

    def judge(self) -> Rate:
        return usable_rate(
            self.latest(),
            chain_time=datetime.fromtimestamp(self._rail.now, UTC),
            max_age_seconds=3_600,
            rules=PriceRules(),
        )


@pytest.fixture
def feed(rail) -> ScriptedFeed:
    return ScriptedFeed(rail)


PHASE = 3 << 64


def test_tells_the_round_and_the_one_before_it(rail, feed) -> None:
    at = rail.now - 60
    feed.put(PHASE + 8, 2_490, at=at)
    feed.put(PHASE + 9, 2_500)

    price = feed.latest()

    assert (price.round_id, price.answered_in) == (PHASE + 9, PHASE + 9)
    assert price.before.rate == Rate(2_490 * 10**8, 8, price.source)
    assert price.before.at == datetime.fromtimestamp(at, UTC)


@pytest.mark.parametrize("reverts", [True, False])
@pytest.mark.parametrize("round_id", [PHASE + 1, 1, 0])
def test_knows_no_round_before_the_first_of_its_contract(rail, reverts, round_id) -> None:
    feed = ScriptedFeed(rail, reverts=reverts)
    feed.put(round_id, 2_500)

    assert feed.latest().before is None


@pytest.mark.parametrize(("dollars", "seconds_ago"), [(0, 60), (-1, 60), (2_500, -60)])
def test_makes_nothing_of_a_round_before_that_makes_no_sense(
    rail, feed, dollars, seconds_ago
) -> None:
    feed.put(8, dollars, at=rail.now - seconds_ago)
    feed.put(9, 2_500)

    assert feed.latest().before is None


def test_believes_a_feed_that_takes_small_steps(rail, feed) -> None:
    feed.put(8, 2_490, at=rail.now - 60)
    feed.put(9, 2_500)

    assert feed.judge() == Rate(2_500 * 10**8, 8, f"feed {feed.address}")


@pytest.mark.parametrize(
    "newest",
    [
        {"dollars": 5_000},
        {"dollars": 0},
        {"dollars": 2_500, "at": 0},
        {"dollars": 2_500, "answered": 8},
    ],
    ids=["jumped", "no price", "not finished", "carried over"],
)
def test_distrusts_a_feed_that_has_gone_wrong(rail, feed, newest) -> None:
    feed.put(8, 2_490, at=rail.now - 60)
    feed.put(9, **newest)

    with pytest.raises(PriceUnusable):
        feed.judge()


def test_distrusts_a_feed_that_lives_in_the_future(rail, feed) -> None:
    feed.put(9, 2_500, at=rail.now + 3_600)

    with pytest.raises(PriceUnusable):
        feed.judge()


def test_believes_a_jump_once_the_next_round_confirms_it(rail, feed) -> None:
    feed.put(8, 2_490, at=rail.now - 120)
    feed.put(9, 1_000, at=rail.now - 60)
    feed.put(10, 1_010)

    assert feed.judge().amount == 1_010 * 10**8
