"""A node is asked only while its chain is there."""

import httpx
import pytest

from souk.adapters.evm.node import EvmNode
from souk.adapters.evm.presence import AWAY_FOR, ChainPresence
from souk.adapters.evm.rpc import JsonRpcClient
from souk.core.errors import ProviderUnavailable
from tests.support.clock import MovableClock

CHAIN_ID = 1


class Endpoint:
    """Counts what it is asked, and never answers."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, _request: httpx.Request) -> httpx.Response:
        self.asked += 1
        raise httpx.ReadTimeout("silence")


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint()


@pytest.fixture
def node(endpoint: Endpoint, clock: MovableClock) -> EvmNode:
    client = JsonRpcClient("http://node", label="it", transport=httpx.MockTransport(endpoint))
    return EvmNode(client).attended(ChainPresence(clock), CHAIN_ID)


def fail(node: EvmNode) -> None:
    """Ask for something, in vain."""
    with pytest.raises(ProviderUnavailable):
        node.blocks(["latest"])


def test_asks_no_more_when_the_chain_did_not_answer(node: EvmNode, endpoint: Endpoint) -> None:
    fail(node)
    fail(node)

    assert endpoint.asked == 1


def test_asks_again_when_a_moment_has_passed(
    node: EvmNode, endpoint: Endpoint, clock: MovableClock
) -> None:
    fail(node)
    clock.advance(seconds=AWAY_FOR.total_seconds())
    fail(node)

    assert endpoint.asked == 2
