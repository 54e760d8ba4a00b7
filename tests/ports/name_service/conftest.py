"""Names as somebody registers them: in memory, and on a chain."""

import pytest

from tests.support.chain_builders import a_node
from tests.support.ens_resolvers import ResolverWorld
from tests.support.ens_world import FakeWorld


@pytest.fixture(params=["fake", "chain"])
def world(request):
    if request.param == "fake":
        yield FakeWorld()
        return
    yield request.getfixturevalue("on_chain")


@pytest.fixture
def on_chain(still_chain):
    with a_node(still_chain.url) as node:
        yield ResolverWorld(still_chain, node)
