"""What worker processes do for the chains."""

from functools import partial

from souk.core.jobs import RUN_SECONDS, Aside, KeepOn, Loop, Periodic
from souk.modules.chain.service.chains import Chains
from souk.modules.chain.service.proving import Proofs
from souk.modules.chain.service.upkeep import Upkeep

REBROADCAST_SECONDS = 3.0
LOOK_SECONDS = 5.0
PROOF_SECONDS = 2.0
UPKEEP_SECONDS = 30.0


def watch_chain(chains: Chains, chain_id: int) -> Loop:
    """Follow one chain, and look at its endpoints aside. Each chain has a queue and a process of
    its own, or a slow node would hold up the others."""
    name = f"chain.look_at_endpoints {chain_id}"
    look = Aside(name, partial(chains.looks.look, chain_id))
    looks = Periodic(name, LOOK_SECONDS, look)

    def run(keep_on: KeepOn) -> None:
        def going() -> bool:
            looks.tick()
            return keep_on()

        chains.advance(chain_id, budget_seconds=RUN_SECONDS, keep_on=going)

    return Loop("chain.watch", run)


def rebroadcasts(chains: Chains) -> list[Periodic]:
    """For each chain: see that our own transactions are on their way."""
    return [
        Periodic(
            f"chain.rebroadcast {chain_id}",
            REBROADCAST_SECONDS,
            partial(chains.rebroadcast, chain_id),
        )
        for chain_id in chains.ids
    ]


def proofs_due(proofs: Proofs) -> list[Periodic]:
    """For each chain: make the proofs that are wanted, in a thread of its own, as a node may be
    slow."""
    named = [(f"chain.prove_due {chain_id}", chain_id) for chain_id in proofs.ids]
    return [
        Periodic(name, PROOF_SECONDS, Aside(name, partial(proofs.prove_due, chain_id)))
        for name, chain_id in named
    ]


def look_after_accounts(upkeep: Upkeep) -> list[Periodic]:
    """For each chain: see that our own transactions offer enough, and that they can be paid for. In
    threads of their own: a node that does not answer must not hold up anything else."""
    periodic = []
    for chain_id in upkeep.ids:
        name = f"chain.look_after_accounts {chain_id}"
        look = Aside(name, partial(upkeep.look_after, chain_id))
        periodic.append(Periodic(name, UPKEEP_SECONDS, look))
    return periodic
