"""Proofs are made when they are wanted, again until they can be, and of nothing that is not so."""

import threading

import pytest
from sqlalchemy import Connection, Engine

from souk.adapters.evm.log_source import NodeLogSource
from souk.adapters.evm.node import EvmNode
from souk.adapters.evm.proofs.source import NodeProofSource
from souk.core.errors import ProviderUnavailable
from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.domain import TransactionProof
from souk.modules.chain.errors import ChainDataRefused
from souk.modules.chain.service import Chains, Proofs, proofs_due
from tests.support.chain_builders import CHAIN_ID, EscrowOnChain, chains_of, rows_of
from tests.support.clock import MovableClock
from tests.support.waiting import eventually

PROOFS = "SELECT attempts, proved_at IS NOT NULL, last_error FROM chain_proof"


class AwaySource:
    """A node that keeps no receipts, until it does."""

    def __init__(self, source: NodeProofSource) -> None:
        self._source = source
        self.away = True

    def prove(self, block_hash: str, transaction_hash: str) -> TransactionProof:
        if self.away:
            raise ProviderUnavailable("the node does not have the block")
        return self._source.prove(block_hash, transaction_hash)


@pytest.fixture
def paid(chains: Chains, escrow: EscrowOnChain) -> tuple[str, str]:
    """Block and transaction of a payment that was taken in."""
    sent = escrow.pay(escrow.terms(), escrow.terms())
    escrow.chain.mine(2)
    chains.advance(CHAIN_ID)
    return str(escrow.chain.call("eth_getTransactionReceipt", sent)["blockHash"]), sent


def want(uow: UnitOfWork, proofs: Proofs, paid: tuple[str, str]) -> None:
    with uow.begin() as tx:
        proofs.want(tx, CHAIN_ID, block_hash=paid[0], transaction_hash=paid[1])
        tx.commit()


def test_makes_a_proof_once_when_it_is_wanted_twice(
    uow: UnitOfWork,
    node: EvmNode,
    paid: tuple[str, str],
    connection: Connection,
    clock: MovableClock,
) -> None:
    proofs = Proofs(uow, {CHAIN_ID: NodeProofSource(node)})
    want(uow, proofs, paid)
    want(uow, proofs, paid)
    made = [proofs.prove_due(CHAIN_ID)]
    clock.advance(hours=2)

    made.append(proofs.prove_due(CHAIN_ID))

    assert made == [1, 0]
    assert rows_of(connection, PROOFS) == [(1, True, None)]


def test_asks_again_later_when_the_node_has_no_receipts(
    uow: UnitOfWork,
    node: EvmNode,
    paid: tuple[str, str],
    connection: Connection,
    clock: MovableClock,
) -> None:
    source = AwaySource(NodeProofSource(node))
    proofs = Proofs(uow, {CHAIN_ID: source})
    want(uow, proofs, paid)
    made = [proofs.prove_due(CHAIN_ID)]
    failed = rows_of(connection, PROOFS)

    source.away = False
    made.append(proofs.prove_due(CHAIN_ID))
    clock.advance(seconds=2)
    made.append(proofs.prove_due(CHAIN_ID))

    assert failed == [(1, False, "the node does not have the block")]
    assert made == [0, 0, 1]


def test_asks_nothing_when_the_block_was_left_behind(
    uow: UnitOfWork,
    node: EvmNode,
    chains: Chains,
    escrow: EscrowOnChain,
    paid: tuple[str, str],
    connection: Connection,
) -> None:
    proofs = Proofs(uow, {CHAIN_ID: NodeProofSource(node)})
    want(uow, proofs, paid)
    escrow.reorganise(3)
    escrow.chain.mine()
    chains.advance(CHAIN_ID)

    assert proofs.prove_due(CHAIN_ID) == 0
    assert rows_of(connection, PROOFS) == [(0, False, None)]


def test_refuses_a_proof_when_the_block_does_not_hold_the_transaction(
    node: EvmNode, paid: tuple[str, str]
) -> None:
    with pytest.raises(ChainDataRefused, match="does not hold"):
        NodeProofSource(node).prove(paid[0], "0x" + "ab" * 32)


def test_is_made_by_a_worker_without_being_asked(
    committing_uow: UnitOfWork, escrow: EscrowOnChain, node: EvmNode, engine: Engine
) -> None:
    sent = escrow.pay(escrow.terms())
    escrow.chain.mine(2)
    chains_of(committing_uow, NodeLogSource(node), escrow=escrow).advance(CHAIN_ID)
    block = str(escrow.chain.call("eth_getTransactionReceipt", sent)["blockHash"])
    proofs = Proofs(committing_uow, {CHAIN_ID: NodeProofSource(node)})
    want(committing_uow, proofs, (block, sent))

    [periodic] = proofs_due(proofs)
    periodic.tick()

    eventually(lambda: periodic.name not in {thread.name for thread in threading.enumerate()})
    with engine.connect() as connection:
        assert rows_of(connection, PROOFS) == [(1, True, None)]
