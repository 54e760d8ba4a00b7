"""A node that was killed and comes back with an older head, as development nodes do."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from souk.adapters.evm.log_source import NodeLogSource
from souk.adapters.evm.sender import LocalTransactionSender
from souk.core.addresses import checksum_address
from souk.core.unit_of_work import UnitOfWork
from souk.embedded import anvil, parts
from souk.embedded.anvil import head_time
from souk.modules.chain.domain import Call, Outcome
from tests.support.chain_builders import (
    CHAIN_ID,
    EscrowOnChain,
    a_node,
    chains_of,
    course,
    rows_of,
    standing,
)
from tests.support.stack import CONTRACTS, Chain
from tests.support.waiting import eventually

NOTHING = Call(checksum_address("0x" + "44" * 20), b"")


class KillableNode:
    """A node that keeps its state in a file, and can be set back to a copy of it."""

    def __init__(self, directory: Path) -> None:
        self._log = directory / "anvil.log"
        self._state = directory / "chain" / "state.json"
        self._saved = directory / "saved.json"
        self._anvil = anvil.Anvil(
            anvil.program(CONTRACTS), anvil.free_port(), directory / "chain", ticking=False
        )
        self.chain = self._started()

    def save(self) -> None:
        """Remember the state as soon as it is on disk."""
        newest = int(self.chain.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
        eventually(lambda: head_time(self._state) == newest)
        shutil.copyfile(self._state, self._saved)

    def kill_and_restart_from_saved(self) -> None:
        """What a kill in the wrong moment does."""
        self.chain.running.kill()
        shutil.copyfile(self._saved, self._state)
        self.chain = self._started()

    def _started(self) -> Chain:
        return Chain(self._anvil, parts.start(self._anvil.part(), self._log))


@pytest.fixture
def killable(tmp_path: Path) -> Iterator[KillableNode]:
    node = KillableNode(tmp_path)
    yield node
    node.chain.running.kill()


@pytest.mark.pitfall("W10")
def test_follows_a_node_back_and_sends_again_what_it_forgot(
    killable: KillableNode, uow: UnitOfWork, connection: Connection
) -> None:
    escrow = EscrowOnChain.deployed(killable.chain)
    kept = escrow.paid()
    with a_node(killable.chain.url) as node:
        sender = LocalTransactionSender(node, chain_id=CHAIN_ID, private_key=anvil.DEVELOPMENT_KEY)
        chains = chains_of(uow, NodeLogSource(node), escrow=escrow, sender=sender)
        chains.advance(CHAIN_ID)
        killable.save()
        escrow.paid()
        sent = chains.send(CHAIN_ID, NOTHING, intent="settle:1")
        killable.chain.mine(60)
        chains.advance(CHAIN_ID)
        chains.rebroadcast(CHAIN_ID)

        killable.kill_and_restart_from_saved()
        assert chains.advance(CHAIN_ID).outcome is Outcome.CAUGHT_UP
        chains.rebroadcast(CHAIN_ID)
        killable.chain.mine(3)
        chains.advance(CHAIN_ID)
        chains.rebroadcast(CHAIN_ID)

    assert [row[1] for row in standing(connection)] == [escrow.order_id(kept)]
    assert course(connection).count("orphaned") == 1
    mined = rows_of(connection, "SELECT transaction_hash, status FROM chain_transaction")
    assert mined == [(sent, "mined")]
