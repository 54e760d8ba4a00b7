"""Two watchers of one chain, and several senders from one account."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Event

import pytest
from sqlalchemy import Engine

from souk.adapters.evm.event_decoder import EscrowEventDecoder
from souk.adapters.evm.log_source import NodeLogSource
from souk.adapters.evm.sender import LocalTransactionSender
from souk.core.addresses import checksum_address
from souk.core.errors import ProviderUnavailable
from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.domain import Advanced, Call, Outcome
from souk.modules.chain.service import Chains, FollowedChain, Pace, watch_chain
from tests.support.chain_builders import (
    CHAIN_ID,
    a_config,
    a_node,
    chains_of,
    course,
    rows_of,
    standing,
)
from tests.support.scripted_chain import Intercepted, ScriptedChain, a_fact
from tests.support.stack import Chain
from tests.support.threads import at_once
from tests.support.waiting import eventually

# The last of the accounts that every anvil funds.
KEY = "0x2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6"
NOTHING = Call(checksum_address("0x" + "44" * 20), b"")


def taken_in(engine: Engine) -> int:
    with engine.connect() as connection:
        return len(standing(connection))


def a_busy_chain() -> ScriptedChain:
    chain = ScriptedChain()
    for number in range(5):
        chain.add(a_fact(escrow=number))
    return chain


@pytest.mark.pitfall("W23")
def test_writes_nothing_when_another_watcher_took_over_meanwhile(
    committing_uow: UnitOfWork, engine: Engine
) -> None:
    chain, paused, resume = a_busy_chain(), Event(), Event()

    def pausing(ask, *of, **options):
        paused.set()
        assert resume.wait(30)
        return ask(*of, **options)

    slow = chains_of(committing_uow, Intercepted(chain, logs_of_blocks=pausing), lease_seconds=0.2)
    fast = chains_of(committing_uow, chain)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(slow.advance, CHAIN_ID)
        assert paused.wait(30)
        eventually(lambda: fast.advance(CHAIN_ID).outcome is Outcome.CAUGHT_UP)
        resume.set()

        assert first.result(30) == Advanced(0, Outcome.STANDBY)
    with engine.connect() as connection:
        assert course(connection).count("seen") == len(standing(connection)) == 5


def test_stands_by_when_another_watcher_holds_the_lease(committing_uow: UnitOfWork) -> None:
    chain, paused, resume = a_busy_chain(), Event(), Event()

    def pausing(ask):
        paused.set()
        assert resume.wait(30)
        return ask()

    holder = chains_of(committing_uow, Intercepted(chain, tips=pausing), lease_seconds=30)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(holder.advance, CHAIN_ID)
        assert paused.wait(30)
        other = chains_of(committing_uow, chain).advance(CHAIN_ID)
        resume.set()

        assert other == Advanced(0, Outcome.STANDBY)
        assert first.result(30).outcome is Outcome.CAUGHT_UP


def test_takes_over_at_once_when_the_other_watcher_ended(committing_uow: UnitOfWork) -> None:
    chain = a_busy_chain()
    chains_of(committing_uow, chain, lease_seconds=3_600).advance(CHAIN_ID)
    chain.grow(1)

    assert chains_of(committing_uow, chain).advance(CHAIN_ID) == Advanced(1, Outcome.CAUGHT_UP)


def test_keeps_the_lease_when_it_works_for_longer_than_the_lease_lasts(
    committing_uow: UnitOfWork, engine: Engine
) -> None:
    ends = []

    def looking(ask):
        with engine.connect() as connection:
            ends.extend(rows_of(connection, "SELECT lease_until FROM chain"))
        return ask()

    seconds = count(step=7)
    pace = Pace(lease_seconds=30, sleep=lambda _seconds: None, monotonic=lambda: next(seconds))
    source = Intercepted(a_busy_chain(), tips=looking)
    chains_of(committing_uow, source, pace=pace).advance(CHAIN_ID, budget_seconds=300)

    assert len(ends) > 3
    assert sorted(set(ends)) == ends


@pytest.mark.pitfall("K2")
def test_gives_each_transaction_its_nonce_when_several_are_sent_at_once(
    committing_uow: UnitOfWork, engine: Engine, still_chain: Chain
) -> None:
    with a_node(still_chain.url) as node:
        sender = LocalTransactionSender(node, chain_id=CHAIN_ID, private_key=KEY)
        chains = chains_of(committing_uow, NodeLogSource(node), sender=sender)

        sent = at_once(8, lambda n: chains.send(CHAIN_ID, NOTHING, intent=f"settle:{n % 4}"))

    with engine.connect() as connection:
        nonces = rows_of(connection, "SELECT nonce FROM chain_transaction ORDER BY nonce")
    assert nonces == [(0,), (1,), (2,), (3,)]
    assert len(set(sent)) == 4
    assert sent[:4] == sent[4:]


def test_follows_one_chain_while_the_node_of_another_never_answers(
    committing_uow: UnitOfWork, engine: Engine
) -> None:
    over, asked = Event(), Event()

    def never(_ask: object) -> object:
        asked.set()
        over.wait()
        raise ProviderUnavailable("the node was silent until the end")

    dead = FollowedChain(
        a_config(chain_id=5, disposable=False),
        Intercepted(ScriptedChain(chain_id=5), tips=never),
        EscrowEventDecoder(),
    )
    alive = FollowedChain(a_config(), a_busy_chain(), EscrowEventDecoder())
    chains = Chains(committing_uow, {5: dead, CHAIN_ID: alive}, daily_gas={})
    with ThreadPoolExecutor(2) as pool:
        pool.submit(watch_chain(chains, 5).run, lambda: not over.is_set())
        asked.wait(10)
        pool.submit(watch_chain(chains, CHAIN_ID).run, lambda: not over.is_set())
        try:
            eventually(lambda: taken_in(engine) == 5, seconds=5)
        finally:
            over.set()
