"""A12: contracts that anybody has put on the chain send whoever calls them where nobody may go.

Counted by what listens on this machine, and by what would have been connected to.
"""

import pytest

from souk.adapters.avatars.reader import EnsAvatarReader
from souk.adapters.avatars.tokens import PictureTokens
from souk.adapters.ens.gateways import Gateways
from souk.adapters.ens.lookups import OffChainLookups
from souk.adapters.evm.deployment.asking import connected
from souk.adapters.evm.deployment.errors import ChainMisdescribed
from souk.adapters.evm.deployment.reading import require_decimals
from souk.adapters.evm.escrow.tokens import EvmTokens
from souk.adapters.http.client import PublicHttp
from souk.adapters.http.patience import Turns
from souk.adapters.http.targets import Policy
from souk.modules.names.domain import EnsName, Evidence, Fault, NameRecord, find_fault
from souk.modules.names.errors import AvatarRefused
from tests.support.chain_builders import a_node
from tests.support.clock import MovableClock
from tests.support.ens_resolvers import ResolverWorld
from tests.support.ens_world import FIG
from tests.support.rail_builders import CHAIN_ID
from tests.support.sockets import Door, answering, door
from tests.support.strangers import Names, Recorder, page

pytestmark = pytest.mark.pitfall("A12")

NAME = EnsName("maltese.eth")
# What contracts name, for a door that listens on this machine and sends on to itself.
PLACES = [
    "https://127.0.0.1:{port}/{{data}}",
    "http://127.0.0.1:{port}/{{data}}",
    "https://[::ffff:127.0.0.1]:{port}/{{sender}}",
    "https://[::1]:{port}/{{data}}",
    "https://169.254.169.254/latest/{{data}}",
    "http://169.254.169.254/latest/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://2130706433:{port}/",
    "https://localhost:{port}/{{data}}",
    "https://inside.example:{port}/{{data}}",
    "file:///etc/passwd",
    "data:application/json,{{%22data%22:%220x00%22}}",
]


@pytest.fixture
def ours():
    with door(answering(page(b"", "302 Found", "Location: http://127.0.0.1/"))) as listening:
        yield listening


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


def http(ours: Door, recorder: Recorder) -> PublicHttp:
    """As an installation has it, for an operator who allows every host."""
    policy = Policy(ports={ours.port, 443, 80})
    return PublicHttp(policy, Names(["127.0.0.1"]), backend=recorder)


@pytest.fixture(params=PLACES)
def lookup(request, on_chain: ResolverWorld, ours: Door):
    """A name of Fig's, and the contract that it names, which sends everybody there."""
    on_chain.register("maltese", FIG)
    return on_chain.resolve_off_chain(NAME, FIG, request.param.format(port=ours.port))


def test_look_connects_to_nothing(on_chain: ResolverWorld, ours: Door, recorder: Recorder, lookup):
    gateways = Gateways(http(ours, recorder))
    service = on_chain.service_with(lambda reader: OffChainLookups(reader, gateways, Turns()))

    record = service.look(NAME, off_chain=True)

    assert (ours.visits, recorder.connected) == (0, [])
    assert (record.address, record.off_chain) == (None, True)
    assert find_fault(record, FIG) is Fault.OFF_CHAIN


def test_picture_of_a_token_connects_to_nothing(on_chain, ours, recorder, lookup):
    """The token sends its caller elsewhere, instead of saying who holds it."""
    reader = EnsAvatarReader(http(ours, recorder), PictureTokens(on_chain.reader))
    record = NameRecord(
        name=NAME,
        block=Evidence(CHAIN_ID, 1, "0x", on_chain.now),
        address=FIG,
        texts={"avatar": f"eip155:{CHAIN_ID}/erc721:{lookup}/7"},
    )

    with pytest.raises(AvatarRefused):
        reader.read(record)
    assert (ours.visits, recorder.connected) == (0, [])


def test_token_connects_to_nothing(still_chain, ours, lookup):
    """Whatever is asked of a token that may be paid in; its `symbol` nobody asks for."""
    with a_node(still_chain.url) as node:
        tokens = EvmTokens({CHAIN_ID: node}, MovableClock())
        assert tokens.abilities(CHAIN_ID, lookup).domain is None
    assert ours.visits == 0


def test_token_that_is_deployed_with_connects_to_nothing(still_chain, ours, lookup):
    with (
        connected(still_chain.url, CHAIN_ID) as eth,
        pytest.raises(ChainMisdescribed, match="does not answer"),
    ):
        require_decimals(eth, "a token", lookup, 6)
    assert ours.visits == 0
