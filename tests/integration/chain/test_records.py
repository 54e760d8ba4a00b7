"""The record of a chain, read as a whole, and mended where something was missed."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from souk.adapters.evm.event_decoder import EscrowEventDecoder
from souk.adapters.evm.log_source import NodeLogSource
from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.domain import Cursor, EscrowFactKind, block_instant
from souk.modules.chain.errors import LeaseLost
from souk.modules.chain.events import EscrowEventReached
from souk.modules.chain.service import ChainRecords, Chains, FollowedChain, Standings
from souk.modules.chain.service.lease import Lease
from tests.support.chain_builders import (
    CHAIN_ID,
    EscrowOnChain,
    a_config,
    chains_of,
    course,
    standing,
)
from tests.support.clock import START, MovableClock

NOW, LONG_AGO = timedelta(0), START - timedelta(days=1)


@pytest.fixture
def records(uow: UnitOfWork, escrow: EscrowOnChain, node) -> ChainRecords:
    followed = FollowedChain(a_config(escrow), NodeLogSource(node), EscrowEventDecoder())
    return ChainRecords(uow, {CHAIN_ID: followed})


def lose_logs(session) -> None:
    """As if the node had not shown them."""
    for name in ("chain_effect", "chain_event", "outbox"):
        session.execute(text(f"DELETE FROM {name}"))
    session.commit()


def a_cursor(uow: UnitOfWork) -> tuple[Lease, Cursor]:
    """A watcher that has begun."""
    lease = Lease(uow, CHAIN_ID, seconds=60, monotonic=lambda: 0)
    cursor = lease.take(genesis_hash="0x00", start_block=0)
    assert cursor is not None
    return lease, cursor


def test_gives_the_block_that_has_counted_for_a_while(
    chains: Chains, records, still_chain, clock: MovableClock
) -> None:
    chains.advance(CHAIN_ID)
    height = still_chain.height()
    clock.advance(seconds=20)
    still_chain.mine(5)
    chains.advance(CHAIN_ID)

    settled = records.settled(CHAIN_ID, timedelta(seconds=15))

    # Two confirmations: the newest block of the time before makes the one below it count.
    assert (settled.number, settled.settled_at) == (height - 1, START)


def test_tells_facts_as_they_were_told_last(chains: Chains, records, escrow, still_chain) -> None:
    order = escrow.paid()
    escrow.release(order)
    still_chain.mine(2)
    chains.advance(CHAIN_ID)

    [page] = records.facts(CHAIN_ID, since=LONG_AGO, up_to=still_chain.height())

    assert [(event.kind, event.name) for event in page] == [
        ("settled", EscrowEventReached.name),
        ("paid", EscrowEventReached.name),
    ]
    assert page == records.facts_of(CHAIN_ID, escrow.address, escrow.order_id(order))[::-1]
    effects = {event.effect_id for event in page}
    assert records.known_effects([*effects, "eff_of_nobody"]) == effects


def test_knows_which_block_was_there_at_an_instant(chains: Chains, records, still_chain) -> None:
    still_chain.mine(5, seconds_apart=10)
    chains.advance(CHAIN_ID)
    height = still_chain.height()
    block = still_chain.call("eth_getBlockByNumber", hex(height - 1), False)
    at = block_instant(int(block["timestamp"], 16))

    moments = [at, at - timedelta(seconds=1), at - timedelta(days=99)]

    found = [records.block_before(CHAIN_ID, moment) for moment in moments]
    assert found == [height - 1, height - 2, 0]


def test_shows_how_far_a_chain_is_taken_in(committing_uow: UnitOfWork, escrow, node) -> None:
    followed = FollowedChain(a_config(escrow), NodeLogSource(node), EscrowEventDecoder())
    standings = Standings(committing_uow, {CHAIN_ID: followed})
    chains = chains_of(committing_uow, NodeLogSource(node), escrow=escrow)
    escrow.paid()
    before = standings.of(CHAIN_ID)
    chains.advance(CHAIN_ID)

    shown = standings.of(CHAIN_ID)

    height = escrow.chain.height()
    block = escrow.chain.call("eth_getBlockByNumber", hex(height), False)
    assert before is None
    assert shown is not None
    assert (shown.head, shown.head_hash, shown.confirmed) == (height, block["hash"], height - 1)
    assert shown.head_at == block_instant(int(block["timestamp"], 16))
    assert shown.lease_owner is None


def test_tells_of_which_escrow_a_fact_stands(
    uow: UnitOfWork, chains: Chains, escrow, still_chain
) -> None:
    paid, unpaid = (escrow.order_id(one) for one in (escrow.paid(), escrow.terms()))
    chains.advance(CHAIN_ID)
    asked = [([paid], "paid"), ([unpaid, paid], "paid"), ([unpaid], "paid"), ([paid], "settled")]

    with uow.begin() as tx:
        found = [
            chains.stands(
                tx,
                CHAIN_ID,
                contract=escrow.address,
                escrow_ids=ids,
                kind=EscrowFactKind(kind),
            )
            for ids, kind in asked
        ]

    assert found == [True, True, False, False]


def test_leaves_out_facts_that_are_too_high_or_too_old(
    chains: Chains, records, escrow, still_chain, clock: MovableClock
) -> None:
    escrow.paid()
    chains.advance(CHAIN_ID)
    clock.advance(hours=1)
    new = escrow.paid()
    height = still_chain.height()
    escrow.paid()
    chains.advance(CHAIN_ID)

    pages = list(records.facts(CHAIN_ID, since=clock.now(), up_to=height))

    assert [[event.escrow_id for event in page] for page in pages] == [[escrow.order_id(new)]]


def test_takes_in_what_was_missed_when_a_block_is_read_again(
    chains: Chains, records, escrow, still_chain, connection, session
) -> None:
    escrow.paid()
    block = still_chain.height()
    still_chain.mine(3)
    chains.advance(CHAIN_ID)
    before = standing(connection)
    lose_logs(session)

    records.read_again(CHAIN_ID, [block])

    assert standing(connection) == before
    assert course(connection)[:2] == ["seen", "confirmed"]


def test_tells_nothing_twice_when_a_block_is_read_again_for_nothing(
    chains: Chains, records, escrow, still_chain, connection
) -> None:
    escrow.paid()
    block = still_chain.height()
    still_chain.mine(3)
    chains.advance(CHAIN_ID)
    before = course(connection)

    records.read_again(CHAIN_ID, [block])

    assert course(connection) == before


def test_takes_in_nothing_of_a_branch_that_is_not_ours(
    chains: Chains, records, escrow, still_chain, connection, session
) -> None:
    still_chain.mine(1)
    chains.advance(CHAIN_ID)
    escrow.reorganise(1)
    still_chain.call("evm_increaseTime", 5)
    block = still_chain.height()

    records.read_again(CHAIN_ID, [block])

    assert course(connection) == []


def test_makes_a_watcher_begin_again_that_was_in_the_middle_of_a_batch(
    uow: UnitOfWork, chains: Chains, records, escrow, still_chain, session
) -> None:
    escrow.paid()
    block = still_chain.height()
    still_chain.mine(2)
    chains.advance(CHAIN_ID)
    lose_logs(session)
    lease, cursor = a_cursor(uow)

    records.read_again(CHAIN_ID, [block])

    with uow.begin() as tx, pytest.raises(LeaseLost):
        lease.move(tx, cursor, cursor)
