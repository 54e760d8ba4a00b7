"""The record of a chain equals what its raw logs make of it, and is set right where it does not."""

import pytest
from sqlalchemy import Connection, text

from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.domain import Unlike
from souk.modules.chain.errors import LeaseLost
from souk.modules.chain.service.lease import Lease
from tests.support.chain_builders import (
    CHAIN_ID,
    a_config,
    course,
    recorded,
    rows_of,
    standing,
)
from tests.support.replaying import a_busy_chain, a_settlement, wander, watched

SECOND = "(SELECT id FROM chain_effect WHERE sequence = 1 ORDER BY id LIMIT 1)"
DAMAGES = {
    "an effect is gone": (
        f"DELETE FROM chain_effect WHERE id = {SECOND}",
        {Unlike.MISSING: 1},
    ),
    "an effect points at nothing": (
        "UPDATE chain_effect SET event_id = NULL, observation_id = NULL, block_number = NULL,"
        f" level = NULL WHERE id = {SECOND}",
        {Unlike.MISSING: 1},
    ),
    "every effect is gone": ("DELETE FROM chain_effect", {Unlike.MISSING: 13}),
    "a level is too low": (
        "UPDATE chain_effect SET level = 'included' WHERE level = 'final'",
        {Unlike.OTHERWISE: 8},
    ),
    "a level is too high": (
        "UPDATE chain_effect SET level = 'final' WHERE level = 'included'",
        {Unlike.OTHERWISE: 1},
    ),
    "a block is wrong": (
        f"UPDATE chain_effect SET block_number = 3 WHERE id = {SECOND}",
        {Unlike.OTHERWISE: 1},
    ),
    "two facts changed places": (
        "UPDATE chain_effect SET sequence = 7 - sequence WHERE kind = 'settled'",
        {Unlike.OTHERWISE: 10},
    ),
    "a fact is of another escrow": (
        f"UPDATE chain_effect SET escrow_id = '0x00' WHERE id = {SECOND}",
        {Unlike.OTHERWISE: 1},
    ),
    "a log was misread": (
        """UPDATE chain_event SET args = '{"deadline": "1"}' WHERE kind = 'fulfilled'""",
        {Unlike.MISREAD: 3},
    ),
    "a log was not read": (
        "UPDATE chain_event SET kind = NULL, escrow_id = NULL, args = NULL"
        " WHERE kind = 'fulfilled'",
        {Unlike.MISREAD: 3},
    ),
    "a log left the chain": (
        "UPDATE chain_block SET canonical = false WHERE number = 10",
        {Unlike.LEFT_OVER: 1},
    ),
}


@pytest.mark.pitfall("W8")
@pytest.mark.parametrize("seed", range(6))
def test_equals_the_raw_logs_byte_for_byte_when_blocks_come_and_go(
    uow: UnitOfWork, seed: int
) -> None:
    chain = watched(uow)

    reorgs = wander(chain, seed, steps=25)

    compared = chain.compare()
    assert (compared.equal, compared.some) == (True, ())
    assert compared.due_digest == compared.shown_digest
    assert compared.facts > 3
    assert reorgs > 3


def test_equals_the_raw_logs_when_a_reorg_left_the_chain_shorter(uow: UnitOfWork) -> None:
    chain = watched(uow)
    chain.scripted.add(a_settlement(1, 1))
    chain.scripted.grow(3)
    chain.follow()

    chain.scripted.cut(1)
    chain.follow()

    assert chain.compare().equal


@pytest.mark.parametrize("name", DAMAGES)
def test_tells_how_the_record_differs(uow: UnitOfWork, connection: Connection, name: str) -> None:
    chain = a_busy_chain(uow)
    sql, unlike = DAMAGES[name]

    connection.execute(text(sql))

    compared = chain.compare()
    assert (compared.equal, compared.unlike) == (False, unlike)


@pytest.mark.parametrize("name", DAMAGES.keys() - {"a log left the chain"})
def test_is_as_before_when_it_was_mended(
    uow: UnitOfWork, connection: Connection, name: str
) -> None:
    chain = a_busy_chain(uow)
    before = standing(connection)
    connection.execute(text(DAMAGES[name][0]))

    mended = chain.replays.mend(CHAIN_ID)

    assert mended.after.equal
    assert standing(connection) == before


def test_takes_a_fact_back_when_its_block_does_not_count(
    uow: UnitOfWork, connection: Connection
) -> None:
    chain = a_busy_chain(uow)
    connection.execute(text(DAMAGES["a log left the chain"][0]))

    mended = chain.replays.mend(CHAIN_ID)

    assert (mended.taken, mended.lost) == (0, 1)
    assert course(connection)[-1] == "orphaned"


def test_tells_a_missing_fact_once_with_its_level(uow: UnitOfWork, connection: Connection) -> None:
    chain = a_busy_chain(uow)
    told = len(course(connection))
    connection.execute(
        text("DELETE FROM chain_effect WHERE kind = 'fulfilled' AND block_number = 1")
    )

    mended = [chain.replays.mend(CHAIN_ID), chain.replays.mend(CHAIN_ID)]

    assert [one.taken for one in mended] == [1, 0]
    assert course(connection)[told:] == ["seen", "final"]


def test_writes_nothing_when_the_record_is_right(uow: UnitOfWork, connection: Connection) -> None:
    chain = a_busy_chain(uow)
    lease = "SELECT lease_epoch, lease_until FROM chain"
    before = recorded(connection), course(connection), rows_of(connection, lease)

    mended = chain.replays.mend(CHAIN_ID)

    after = recorded(connection), course(connection), rows_of(connection, lease)
    assert mended.before.equal
    assert after == before


def test_finds_blocks_that_do_not_hang_together(uow: UnitOfWork, connection: Connection) -> None:
    chain = a_busy_chain(uow)

    connection.execute(text("UPDATE chain_block SET parent_hash = '0x00' WHERE number = 9"))

    compared = chain.compare()
    assert (compared.equal, compared.loose_blocks) == (False, 1)


@pytest.mark.pitfall("W23")
def test_makes_a_watcher_begin_again_that_was_in_the_middle_of_a_batch(
    uow: UnitOfWork, connection: Connection
) -> None:
    chain = a_busy_chain(uow)
    connection.execute(text("DELETE FROM chain_effect"))
    lease = Lease(uow, CHAIN_ID, seconds=60, monotonic=lambda: 0)
    cursor = lease.take(genesis_hash="0x00", start_block=0)
    assert cursor is not None

    chain.replays.mend(CHAIN_ID)

    with uow.begin() as tx, pytest.raises(LeaseLost):
        lease.move(tx, cursor, cursor)


def test_tells_what_its_logs_say_of_an_escrow_where_they_stand(
    uow: UnitOfWork, connection: Connection
) -> None:
    chain = a_busy_chain(uow)
    escrow_id = "0x" + f"{1:064x}"

    with uow.begin() as tx:
        told = chain.replays.told(tx, CHAIN_ID, a_config().escrow_address, [escrow_id])

    places = rows_of(
        connection,
        "SELECT e.kind, e.block_number, e.block_hash, b.timestamp, e.transaction_hash, e.log_index"
        " FROM chain_event e JOIN chain_block b ON b.hash = e.block_hash"
        " WHERE e.escrow_id = :escrow_id ORDER BY e.block_number, e.log_index",
        escrow_id=escrow_id,
    )
    assert len(places) == 5
    assert [
        (
            event.kind,
            event.block_number,
            event.block_hash,
            event.block_timestamp,
            event.transaction_hash,
            event.log_index,
        )
        for event in told[escrow_id]
    ] == places


def test_tells_nothing_of_a_chain_that_was_never_followed(uow: UnitOfWork) -> None:
    chain = watched(uow)

    with uow.begin() as tx:
        told = chain.replays.told(tx, CHAIN_ID, a_config().escrow_address, ["0x" + "00" * 32])

    assert dict(told) == {}
