"""A scripted chain, its watcher, and what compares and mends the record."""

import random
from dataclasses import dataclass

from souk.adapters.evm.event_decoder import EscrowEventDecoder
from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.domain import RawLog, Replayed
from souk.modules.chain.service import Chains, FollowedChain, Replays
from tests.support.chain_builders import CHAIN_ID, a_config, chains_of
from tests.support.scripted_chain import ScriptedChain, a_fact

SETTLED = "Settled(bytes32,uint8,uint96,uint96,uint96,uint96)"


def a_settlement(escrow: int, number: int) -> RawLog:
    """The n-th partial settlement of an escrow."""
    words = (5, number, 0, 0, 1_000 - number)
    data = b"".join(word.to_bytes(32, "big") for word in words)
    own = "0x" + f"{escrow * 1_000 + number:064x}"
    return a_fact(SETTLED, escrow=escrow, data=data, transaction_hash=own)


@dataclass
class Watched:
    """A chain in memory, followed into the tables, and its record beside its logs."""

    scripted: ScriptedChain
    chains: Chains
    replays: Replays
    uow: UnitOfWork

    def follow(self) -> None:
        """Take in what there is."""
        self.chains.advance(CHAIN_ID)

    def compare(self) -> Replayed:
        """The record beside the logs."""
        with self.uow.begin() as tx:
            return self.replays.compare(tx, CHAIN_ID)


def watched(uow: UnitOfWork, **fields: object) -> Watched:
    """A chain of one block; `fields` change how it is followed."""
    scripted = ScriptedChain()
    followed = FollowedChain(a_config(**fields), scripted, EscrowEventDecoder())
    chains = chains_of(uow, scripted, **fields)
    return Watched(scripted, chains, Replays(uow, {CHAIN_ID: followed}), uow)


def a_busy_chain(uow: UnitOfWork, **fields: object) -> Watched:
    """Three escrows with facts of several kinds, at all levels."""
    chain = watched(uow, **fields)
    for number in range(1, 4):
        chain.scripted.add(a_fact(escrow=number), a_settlement(number, 1))
        chain.scripted.add(a_settlement(number, 2), a_settlement(number, 3))
    chain.scripted.grow(3)
    chain.scripted.add(a_settlement(1, 4))
    chain.scripted.safe, chain.scripted.final = 6, 4
    chain.follow()
    return chain


def wander(chain: Watched, seed: int, steps: int) -> int:
    """Blocks with facts come, and go again as often; returns how many reorgs there were."""
    die, number, reorgs = random.Random(seed), 0, 0
    for branch in range(1, steps):
        if die.random() < 0.4 and chain.scripted.height > 1:
            chain.scripted.cut(max(0, chain.scripted.height - die.randint(1, 6)))
            reorgs += 1
        for _ in range(die.randint(1, 3)):
            number += 1
            logs = [a_settlement(die.randint(1, 2), number + n) for n in range(die.randint(0, 2))]
            chain.scripted.add(*logs, branch=branch)
        if die.random() < 0.8:
            chain.follow()
    chain.follow()
    return reorgs
