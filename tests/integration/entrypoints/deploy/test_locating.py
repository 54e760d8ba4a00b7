"""An escrow that stands and that nobody noted: the block in which it came, or no record at all.

The chains are fresh ones: of one that is reverted again and again, anvil forgets the old states.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from souk.adapters.evm.deployment import Deployer, DeploymentError
from souk.adapters.evm.network_file import Network
from souk.adapters.evm.registry import ChainDescription, Deployment
from souk.embedded.anvil import DEPLOYER_KEY
from tests.support.stack import Chain, chain
from tests.support.watched_node import Answered, Call, Meddling, watched

from .conftest import DEPLOYER

THIRD = 4321


@pytest.fixture
def third(tmp_path: Path) -> Iterator[Chain]:
    """A fresh chain of a few blocks."""
    with chain(tmp_path / "third.log", ticking=False, chain_id=THIRD) as node:
        node.call("evm_setAutomine", True)
        node.mine(3)
        yield node


def deployed(node: Chain) -> Deployment:
    """Everything that a chain of one machine needs, a few blocks ago."""
    there = Deployer(node.url, DEPLOYER_KEY, THIRD, say=lambda _: None).deploy_local(DEPLOYER)
    node.mine(9)
    return there


def located(url: str, there: Deployment, records: Path) -> Deployment:
    """What is recorded of it when nobody knows any more where it came from."""
    network = Network.model_validate(there.model_dump(include=set(ChainDescription.model_fields)))
    deployer = Deployer(url, DEPLOYER_KEY, THIRD, say=lambda _: None)
    return deployer.deploy_escrow(network, max_fee_per_gas=10**11, records=records)


def without_old_states(height: int, *, empty: bool) -> Meddling:
    """A node that has dropped the states below a block: it says so, or that all was empty."""

    def meddle(call: Call) -> Call | Answered | None:
        if call["method"] != "eth_getCode" or call["params"][1] == "latest":
            return call
        if int(call["params"][1], 16) >= height:
            return call
        return Answered("0x") if empty else None

    return meddle


def test_finds_block_and_transaction_when_nobody_noted_them(third: Chain, tmp_path: Path) -> None:
    there = deployed(third)
    found = located(third.url, there, tmp_path)
    assert (found.block_number, found.escrow) == (there.block_number, there.escrow)


@pytest.mark.parametrize("empty", [True, False])
def test_records_nothing_when_the_node_has_dropped_the_old_states(
    third: Chain, tmp_path: Path, *, empty: bool
) -> None:
    there = deployed(third)
    with (
        watched(third.url, without_old_states(third.height() - 2, empty=empty)) as node,
        pytest.raises(DeploymentError, match="the address of an archive node"),
    ):
        located(node.url, there, tmp_path)
    assert not (tmp_path / f"{THIRD}.json").exists()


def test_finds_the_block_when_a_node_has_dropped_only_older_states(
    third: Chain, tmp_path: Path
) -> None:
    there = deployed(third)
    with watched(third.url, without_old_states(there.block_number, empty=True)) as node:
        found = located(node.url, there, tmp_path)
    assert (found.block_number, found.escrow) == (there.block_number, there.escrow)


def test_finds_the_block_when_no_transaction_called_the_factory(
    third: Chain, tmp_path: Path
) -> None:
    there = deployed(third)
    with chain(tmp_path / "fourth.log", ticking=False, chain_id=THIRD) as fourth:
        fourth.mine(5)
        for address in (there.escrow.address, there.tokens[0].address, there.native.price_feed):
            fourth.call("anvil_setCode", address, third.call("eth_getCode", address, "latest"))
        for slot in range(3):
            value = third.call("eth_getStorageAt", there.native.price_feed, hex(slot), "latest")
            fourth.call("anvil_setStorageAt", there.native.price_feed, f"0x{slot:064x}", value)
        fourth.mine(9)
        found = located(fourth.url, there, tmp_path)
    assert found.block_number in (5, 6)
    assert found.escrow.transaction is None
