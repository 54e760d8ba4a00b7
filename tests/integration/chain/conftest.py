"""A chain with an escrow, real or scripted, and the tables of a watcher."""

from collections.abc import Callable, Iterator

import pytest

from souk.adapters.evm.log_source import NodeLogSource
from souk.adapters.evm.node import EvmNode
from souk.adapters.evm.sender import LocalTransactionSender
from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.service import Chains
from tests.integration.trade.conftest import deployed_chain
from tests.support.chain_builders import CHAIN_ID, EscrowOnChain, a_node, chains_of
from tests.support.scripted_chain import ScriptedChain
from tests.support.senders import KEY
from tests.support.stack import Chain

__all__ = ["deployed_chain"]


@pytest.fixture
def escrow(still_chain: Chain) -> EscrowOnChain:
    """An escrow contract on a fresh node that mines when it is asked to."""
    return EscrowOnChain.deployed(still_chain)


@pytest.fixture
def node(still_chain: Chain) -> Iterator[EvmNode]:
    """The product's view of that node."""
    with a_node(still_chain.url) as node:
        yield node


@pytest.fixture
def chains(uow: UnitOfWork, escrow: EscrowOnChain, node: EvmNode) -> Chains:
    """The service over that node."""
    return chains_of(uow, NodeLogSource(node), escrow=escrow)


@pytest.fixture
def scripted() -> ScriptedChain:
    """A chain in memory."""
    return ScriptedChain()


@pytest.fixture
def following(uow: UnitOfWork) -> Callable[..., Chains]:
    """Makes the service over a source; further arguments change how the chain is followed."""

    def follow(source, **fields) -> Chains:
        return chains_of(uow, source, **fields)

    return follow


@pytest.fixture
def sender(node: EvmNode) -> LocalTransactionSender:
    """The account that the service sends from."""
    return LocalTransactionSender(node, chain_id=CHAIN_ID, private_key=KEY)


@pytest.fixture
def sending(
    uow: UnitOfWork, escrow: EscrowOnChain, node: EvmNode, sender: LocalTransactionSender
) -> Callable[..., Chains]:
    """Makes the service with a sender, or with a limit of its own."""

    def make(sender=sender, **fields: object) -> Chains:
        return chains_of(uow, NodeLogSource(node), escrow=escrow, sender=sender, **fields)

    return make


@pytest.fixture
def keeper(sending: Callable[..., Chains]) -> Chains:
    """The service with that account."""
    return sending()
