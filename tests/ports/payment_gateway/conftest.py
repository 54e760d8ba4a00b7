"""An escrow rail on a chain of its own, and what it is paid in."""

from collections.abc import Iterator

import pytest

from souk.core.addresses import ZERO_ADDRESS, Address
from tests.support.chain_builders import a_node
from tests.support.rail_builders import EscrowRail
from tests.support.stack import Chain


@pytest.fixture
def rail(still_chain: Chain) -> Iterator[EscrowRail]:
    with a_node(still_chain.url) as node:
        yield EscrowRail(still_chain, node)


@pytest.fixture(params=["coin", "token"])
def token(request: pytest.FixtureRequest, rail: EscrowRail) -> Address:
    return ZERO_ADDRESS if request.param == "coin" else rail.dollar
