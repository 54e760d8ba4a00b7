"""What every `LogSource` promises: a real node's, and the one that tests write by hand."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from souk.adapters.evm.log_source import NodeLogSource
from souk.core.addresses import Address
from souk.core.errors import UnavailableError
from souk.modules.chain.domain import require_linked, verify_block
from souk.modules.chain.ports import LogSource
from tests.support.chain_builders import CHAIN_ID, EscrowOnChain, a_config, a_node, block_hash
from tests.support.scripted_chain import ScriptedChain, a_fact
from tests.support.stack import Chain


@dataclass(frozen=True)
class World:
    """Blocks 0 to 4; block 2 holds one log of `contract`."""

    source: LogSource
    contract: Address


@pytest.fixture(params=["node", "scripted"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "scripted":
        chain = ScriptedChain()
        chain.grow(1)
        chain.add(a_fact())
        chain.grow(2)
        yield World(chain, a_config().escrow_address)
        return
    still: Chain = request.getfixturevalue("still_chain")
    escrow = EscrowOnChain.deployed(still)
    escrow.paid()
    still.mine(2)
    with a_node(still.url) as node:
        yield World(NodeLogSource(node), escrow.address)


def test_tells_which_chain_it_serves(world: World) -> None:
    [genesis] = world.source.headers([0])

    assert world.source.identity() == (CHAIN_ID, genesis.hash)


def test_gives_headers_that_are_linked_up_to_its_newest(world: World) -> None:
    headers = world.source.headers(range(10))

    require_linked(headers)
    assert [header.number for header in headers] == [0, 1, 2, 3, 4]
    assert world.source.tips().head == headers[-1]


def test_gives_no_header_above_its_newest(world: World) -> None:
    assert world.source.headers([7, 8]) == []
    assert world.source.headers([]) == []


def test_gives_the_same_logs_by_hash_by_range_and_by_receipts(world: World) -> None:
    headers = world.source.headers(range(5))
    by_hash = world.source.logs_of_blocks([h.hash for h in headers], contract=world.contract)
    ranged = world.source.logs_in_range(0, 4, contract=world.contract)

    assert [len(logs) for logs in by_hash] == [0, 0, 1, 0, 0]
    assert by_hash[2] == ranged == world.source.logs_by_receipts(headers[2])


def test_gives_logs_that_explain_the_bloom(world: World) -> None:
    [header] = world.source.headers([2])
    [logs] = world.source.logs_of_blocks([header.hash], contract=None)

    assert len(verify_block(header, logs, contract=world.contract).logs) == 1


def test_gives_no_logs_of_another_contract(world: World) -> None:
    other = Address("0x" + "99" * 20)
    [header] = world.source.headers([2])

    assert world.source.logs_in_range(0, 4, contract=other) == []
    assert world.source.logs_of_blocks([header.hash], contract=other) == [[]]


def test_refuses_logs_of_a_block_that_it_does_not_have(world: World) -> None:
    with pytest.raises(UnavailableError):
        world.source.logs_of_blocks([block_hash(2, branch=9)], contract=None)
