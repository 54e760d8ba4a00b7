"""Names that only are read: in memory, on a chain of our own, and on the main chain.

The last one needs a node, and runs only when `MAINNET_RPC_URL` names one:

    MAINNET_RPC_URL=https://... scripts/test tests/ports/name_service/test_well_known.py
"""

import os
from dataclasses import dataclass

import pytest

from souk.adapters.ens.calls import CallsReader
from souk.adapters.ens.service import ChainNameService
from souk.adapters.evm.node import EvmNode
from souk.adapters.evm.presence import ChainPresence
from souk.adapters.evm.rpc import JsonRpcClient
from souk.bootstrap.names import place_of
from souk.core.addresses import Address
from souk.core.clock import SystemClock
from souk.modules.names.domain import EnsName, Fault, NameState, find_fault
from souk.modules.names.ports import NameService
from souk.settings.names import EnsSettings
from tests.support.clock import MovableClock
from tests.support.ens_world import FIG, FakeWorld, World

VITALIK = Address("0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045")


@dataclass(frozen=True)
class Known:
    """What everybody knows of some names: `held` stands for `address`, which is called so, and
    `elsewhere` is resolved off chain."""

    service: NameService
    chain_id: int
    held: EnsName
    address: Address
    elsewhere: EnsName


def written(world: World) -> Known:
    world.register("vitalik", FIG)
    world.point("vitalik.eth", FIG, FIG)
    world.claim(FIG, "vitalik.eth")
    world.register("jesse", FIG)
    world.resolve_off_chain("jesse.eth", FIG, "https://gateway.example/{data}")
    return Known(world.service, 31337, EnsName("vitalik.eth"), FIG, EnsName("jesse.eth"))


@pytest.fixture
def main_chain():
    url = os.environ["MAINNET_RPC_URL"]
    settings = EnsSettings(ens_rpc_url=url)
    client = JsonRpcClient(url, label="the main chain", timeout_seconds=20)
    reader = CallsReader(EvmNode(client), ChainPresence(MovableClock()), 1, SystemClock())
    service = ChainNameService(reader, place_of(settings))
    yield Known(service, 1, EnsName("vitalik.eth"), VITALIK, EnsName("jesse.base.eth"))
    client.close()


@pytest.fixture(params=["fake", "chain", pytest.param("main", marks=pytest.mark.mainnet)])
def known(request) -> Known:
    if request.param == "main":
        return request.getfixturevalue("main_chain")
    if request.param == "fake":
        return written(FakeWorld())
    return written(request.getfixturevalue("on_chain"))


def test_name_stands_for_whom_everybody_knows(known: Known):
    record = known.service.look(known.held)

    assert (record.address, record.state) == (known.address, NameState.HELD)
    assert record.owner is not None
    assert find_fault(record, known.address) is None


def test_account_is_called_what_everybody_calls_it(known: Known):
    assert known.service.primary_name(known.address) == known.held


def test_name_that_lies_elsewhere_is_told_from_one_that_stands_for_nobody(known: Known):
    record = known.service.look(known.elsewhere)

    assert (record.address, record.off_chain) == (None, True)
    assert find_fault(record) is Fault.OFF_CHAIN


def test_name_that_nobody_registered_is_free(known: Known):
    record = known.service.look(EnsName("nobody-ever-registered-this-name-7f3a.eth"))

    assert (record.address, record.owner, record.state) == (None, None, NameState.FREE)


def test_names_are_told_apart_that_may_be_had(known: Known):
    taken = known.held.removesuffix(".eth")
    found = known.service.availability([taken, "nobody-ever-registered-this-name-7f3a"])

    assert [one.available for one in found] == [False, True]
    assert all(one.price is not None and one.price.amount > 0 for one in found)


def test_block_is_of_the_chain_that_was_asked(known: Known):
    block = known.service.look(known.held).block

    assert (block.chain_id, len(block.hash)) == (known.chain_id, 66)
