"""One suite for the fake name service and for the real one on a chain."""

import pytest
from web3 import HTTPProvider, Web3
from web3.exceptions import MultipleFailedRequests

from souk.adapters.ens.calls import CallsReader
from souk.adapters.ens.hashes import node_of
from souk.adapters.ens.holding import EnsPlace
from souk.adapters.ens.service import ChainNameService
from souk.adapters.evm.node import EvmNode
from souk.adapters.evm.presence import ChainPresence
from souk.adapters.evm.rpc import JsonRpcClient
from souk.core.errors import ProviderUnavailable
from souk.modules.names.domain import EnsName, Fault, NameState, find_fault
from tests.support.chain_builders import a_node
from tests.support.clock import MovableClock
from tests.support.ens_world import FIG, OLIVE, ChainWorld, World
from tests.support.sockets import door

NAME = EnsName("maltese.eth")
SUBNAME = EnsName("shop.maltese.eth")


@pytest.fixture
def named(world: World) -> World:
    """With a name of Fig's that stands for Fig."""
    world.register("maltese", FIG)
    world.point(NAME, FIG, FIG)
    return world


def test_tells_whom_a_name_stands_for_and_who_holds_it(named):
    record = named.service.look(NAME)

    assert (record.name, record.address, record.owner, record.wrapped) == (NAME, FIG, FIG, False)
    assert (record.state, find_fault(record, FIG)) == (NameState.HELD, None)
    assert 364 <= (record.expires_at - named.now).days <= 365


def test_tells_in_which_block_it_looked(named):
    block = named.service.look(NAME).block

    assert (block.chain_id, block.at) == (31337, named.now)
    assert block.hash.startswith("0x")


@pytest.mark.parametrize("name", ["nobody-has.eth", "deep.below.nothing.eth", "example.xyz", "eth"])
def test_knows_nothing_of_a_name_that_nobody_registered(named, name):
    record = named.service.look(EnsName(name))

    assert (record.address, record.texts, record.contenthash) == (None, {}, None)
    assert (record.state, record.owner) in [(NameState.FREE, None), (NameState.HELD, record.owner)]


def test_finds_a_fault_when_the_name_stands_for_another_wallet(named):
    named.point(NAME, FIG, OLIVE)

    assert find_fault(named.service.look(NAME), FIG) is Fault.REPOINTED


def test_finds_a_fault_when_the_name_stands_for_nobody(named):
    named.point(NAME, FIG, None)

    assert find_fault(named.service.look(NAME)) is Fault.NO_ADDRESS


def test_tells_the_holder_when_another_manages_the_name(named):
    named.give_in_registry(NAME, FIG, OLIVE)

    assert named.service.look(NAME).owner == FIG


def test_tells_texts_and_content_hash_as_they_were_written(named):
    named.write_text(NAME, FIG, "url", "https://fig.example")
    named.write_text(NAME, FIG, "com.twitter", "vitalik")
    named.write_contenthash(NAME, FIG, bytes.fromhex("e3010170"))

    record = named.service.look(NAME)

    assert record.texts == {"url": "https://fig.example", "com.twitter": "vitalik"}
    assert record.contenthash == "0xe3010170"


def test_tells_an_avatar_that_is_written_out_whole(named):
    written = "data:image/png;base64," + "iVBORw0KGgo" * 300
    named.write_text(NAME, FIG, "avatar", written)

    assert named.service.look(NAME).texts == {"avatar": written}


@pytest.mark.pitfall("A10")
def test_name_in_its_grace_has_expired_though_it_resolves(named):
    named.pass_time(days=366)

    record = named.service.look(NAME)

    assert (record.state, record.address) == (NameState.GRACE_PERIOD, FIG)
    assert (find_fault(record, FIG), record.owner) == (Fault.EXPIRED, None)


@pytest.mark.pitfall("A10")
def test_name_after_its_grace_is_free_though_it_resolves(named):
    named.pass_time(days=365 + 91)

    record = named.service.look(NAME)

    assert (record.state, record.address) == (NameState.FREE, FIG)
    assert find_fault(record, FIG) is Fault.NOT_HELD


@pytest.mark.pitfall("A11")
def test_tells_the_owner_of_a_wrapped_name(named):
    named.wrap("maltese", FIG)

    record = named.service.look(NAME)

    assert (record.owner, record.wrapped, record.address) == (FIG, True, FIG)
    assert find_fault(record, FIG) is None


@pytest.mark.pitfall("A11")
@pytest.mark.parametrize("final", [True, False])
def test_wrapped_subname_expires_before_its_parent(named, final):
    named.wrap("maltese", FIG)
    named.add_subname("shop", NAME, FIG, days=30, final=final)
    named.point(SUBNAME, FIG, FIG)
    assert find_fault(named.service.look(SUBNAME), FIG) is None

    named.pass_time(days=31)

    record = named.service.look(SUBNAME)
    assert (record.state, record.address) == (NameState.EXPIRED, FIG)
    assert find_fault(record, FIG) is Fault.EXPIRED


@pytest.mark.pitfall("A11")
def test_subname_expires_with_the_name_that_it_is_below(named):
    named.wrap("maltese", FIG)
    named.add_subname("shop", NAME, FIG, days=365, final=True)
    named.point(SUBNAME, FIG, FIG)

    named.pass_time(days=366)

    assert find_fault(named.service.look(SUBNAME), FIG) is Fault.EXPIRED


@pytest.mark.pitfall("A7")
def test_account_is_not_called_what_it_merely_claims(named):
    named.claim(OLIVE, NAME)

    assert named.service.primary_name(OLIVE) is None


@pytest.mark.pitfall("A7")
def test_account_is_called_what_stands_for_it(named):
    named.claim(FIG, NAME)

    assert named.service.primary_name(FIG) == NAME


@pytest.mark.pitfall("A10")
def test_account_is_not_called_by_a_name_that_has_expired(named):
    named.claim(FIG, NAME)
    named.pass_time(days=366)

    assert named.service.primary_name(FIG) is None


@pytest.mark.parametrize("claim", ["", "nobody-has.eth", "..", "x" * 300])
def test_account_is_not_called_what_stands_for_nobody(named, claim):
    named.claim(FIG, claim)

    assert named.service.primary_name(FIG) is None


def test_account_that_claims_nothing_has_no_name(named):
    assert named.service.primary_name(OLIVE) is None


@pytest.mark.pitfall("A12")
@pytest.mark.parametrize("host", ["127.0.0.1", "[::ffff:127.0.0.1]", "localhost"])
def test_lookup_off_chain_is_told_and_never_followed(named, host):
    with door() as opened:
        named.resolve_off_chain(NAME, FIG, f"http://{host}:{opened.port}/{{sender}}/{{data}}")
        record = named.service.look(NAME)

    assert opened.visits == 0
    assert (record.address, record.off_chain, record.texts) == (None, True, {})
    assert find_fault(record) is Fault.OFF_CHAIN


def test_tells_which_names_may_be_had_and_for_how_much(named):
    found = named.service.availability(["maltese", "maltesehq", "fig", "figs"])

    assert [(one.label, one.available) for one in found] == [
        ("maltese", False),
        ("maltesehq", True),
        ("fig", True),
        ("figs", True),
    ]
    prices = [one.price.amount for one in found]
    assert prices == [2 * 10**15, 2 * 10**15, 128 * 10**15, 32 * 10**15]


def test_name_in_its_grace_may_not_be_had(named):
    named.pass_time(days=366)
    assert not named.service.availability(["maltese"])[0].available

    named.pass_time(days=90)
    assert named.service.availability(["maltese"])[0].available


@pytest.mark.pitfall("A12")
def test_lookup_is_one_that_a_client_would_follow_by_default(still_chain):
    """What the test above rests on. web3 gives up only because it asks no private address."""
    with a_node(still_chain.url) as node:
        world = ChainWorld(still_chain, node)
        world.register("maltese", FIG)
        lookup = world.resolve_off_chain(NAME, FIG, "http://127.0.0.1:1/{sender}/{data}")
    call = {"to": lookup, "data": "0x3b3b57de" + node_of(NAME).hex()}

    with pytest.raises(MultipleFailedRequests):
        Web3(HTTPProvider(still_chain.url)).eth.call(call)


@pytest.mark.parametrize("resolver", ["an account", "another contract"])
def test_tells_nothing_when_the_resolver_is_none(still_chain, resolver):
    with a_node(still_chain.url) as node:
        world = ChainWorld(still_chain, node)
        world.register("maltese", FIG)
        where = {"an account": OLIVE, "another contract": world.place.registrar}[resolver]
        world.resolved_by(NAME, FIG, where)
        record = world.service.look(NAME)

    assert (record.address, record.off_chain, record.texts) == (None, False, {})
    assert record.owner == FIG


@pytest.mark.pitfall("A10")
def test_is_unavailable_when_the_node_has_stopped(still_chain):
    with a_node(still_chain.url) as node:
        world = ChainWorld(still_chain, node)
        world.register("maltese", FIG)
        world.wall.advance(minutes=9)
        assert world.service.look(NAME).owner == FIG

        world.wall.advance(minutes=2)

        with pytest.raises(ProviderUnavailable, match="stands still"):
            world.service.look(NAME)


@pytest.mark.parametrize("what", ["look", "primary_name", "availability"])
def test_is_unavailable_when_the_chain_is_away(what):
    nowhere = EvmNode(JsonRpcClient("http://127.0.0.1:1", label="a node that is away"))
    reader = CallsReader(nowhere, ChainPresence(MovableClock()), 31337, MovableClock())
    place = EnsPlace(registry=FIG, registrar=FIG, controller=FIG, wrapper=FIG)
    service = ChainNameService(reader, place)
    ask = {
        "look": lambda: service.look(NAME),
        "primary_name": lambda: service.primary_name(FIG),
        "availability": lambda: service.availability(["maltese"]),
    }[what]

    with pytest.raises(ProviderUnavailable):
        ask()
