"""Transactions: rollback by default, no nesting, no provider calls, outages told apart."""

from contextlib import suppress

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import sessionmaker

from souk.core.db import make_engine
from souk.core.errors import DatabaseBusy, DatabaseUnavailable, NotFoundError
from souk.core.outbox import OUTBOX_CHANNEL, OutboxRow
from souk.core.transaction_guard import ProviderCallInTransaction, refuse_open_transaction
from souk.core.unit_of_work import NestedTransaction, NothingToCommit, UnitOfWork
from tests.support.events import Noted, publish
from tests.support.threads import at_once
from tests.support.waiting import eventually


def test_begin_rolls_back_when_nothing_is_committed(committing_uow, counter):
    with committing_uow.begin() as tx:
        counter.write(tx, 7)
    assert counter.committed == 0


def test_begin_rolls_back_when_the_block_raises(committing_uow, counter):
    def write_and_fail():
        with committing_uow.begin() as tx:
            counter.write(tx, 7)
            raise NotFoundError("gone")

    with pytest.raises(NotFoundError):
        write_and_fail()
    assert counter.committed == 0


def test_commit_makes_durable_what_was_written(committing_uow, counter):
    with committing_uow.begin() as tx:
        counter.write(tx, 7)
        tx.commit()
    assert counter.committed == 7


def test_transactions_lose_no_update_when_each_locks_the_row(committing_uow, counter):
    def add_one(_number):
        with committing_uow.begin() as tx:
            counter.write(tx, counter.read(tx, lock=True) + 1)
            tx.commit()

    assert at_once(8, add_one) == [None] * 8
    assert counter.committed == 8


def test_begin_refuses_when_a_unit_of_work_is_open(committing_uow):
    with committing_uow.begin(), pytest.raises(NestedTransaction), committing_uow.begin():
        pass


def test_begin_works_again_when_the_last_one_failed(committing_uow):
    with pytest.raises(ZeroDivisionError), committing_uow.begin():
        raise ZeroDivisionError
    with committing_uow.begin() as tx:
        assert tx.session.scalar(text("SELECT 1")) == 1


def test_autocommit_makes_durable_each_statement(committing_uow, counter):
    with committing_uow.autocommit() as tx:
        counter.write(tx, 7)
        assert counter.committed == 7


def test_autocommit_gives_each_statement_a_transaction_of_its_own(committing_uow):
    with committing_uow.autocommit() as tx:
        found = {tx.session.scalar(text("SELECT pg_current_xact_id()::text")) for _ in range(3)}
    assert len(found) == 3


def test_autocommit_leaves_the_connection_as_it_was(committing_uow, counter):
    with committing_uow.autocommit() as tx:
        counter.read(tx)
    with committing_uow.begin() as tx:
        counter.write(tx, 7)
    assert counter.committed == 0


def test_autocommit_refuses_what_belongs_to_a_transaction(committing_uow):
    with committing_uow.autocommit() as tx:
        with pytest.raises(NothingToCommit):
            tx.commit()
        with pytest.raises(NothingToCommit):
            tx.publish(Noted(subject="one"))


def test_autocommit_refuses_when_a_unit_of_work_is_open(committing_uow):
    with committing_uow.begin(), pytest.raises(NestedTransaction), committing_uow.autocommit():
        pass


def test_snapshot_sees_one_moment_however_long_it_looks(committing_uow, engine, counter):
    with committing_uow.snapshot() as tx:
        before = counter.read(tx)
        with engine.begin() as other:
            other.execute(text("UPDATE counter SET value = value + 1"))
        assert counter.read(tx) == before
    assert counter.committed == before + 1


def test_snapshot_can_write_nothing(committing_uow, counter):
    with pytest.raises(DBAPIError, match="read-only"), committing_uow.snapshot() as tx:
        counter.write(tx, 7)


def test_snapshot_leaves_the_connection_as_it_was(committing_uow, counter):
    with committing_uow.snapshot() as tx:
        counter.read(tx)
    with committing_uow.begin() as tx:
        counter.write(tx, 7)
        tx.commit()
    assert counter.committed == 7


def test_keeps_what_is_prepared_when_a_look_ends(committing_uow):
    """Planning most statements takes longer than to run them."""
    looks = [prepared_by_a_look(committing_uow) for _ in range(4)]

    assert looks[-1] > 0


def prepared_by_a_look(uow) -> int:
    """How many statements its connection had prepared for it."""
    with uow.begin() as tx:
        return tx.session.scalar(text("SELECT count(*) FROM pg_prepared_statements"))


def test_forgets_what_is_prepared_when_a_transaction_failed(committing_uow):
    for _ in range(4):
        prepared_by_a_look(committing_uow)
    with suppress(DBAPIError), committing_uow.begin() as tx:
        tx.session.execute(text("SELECT 1 / 0"))

    assert prepared_by_a_look(committing_uow) == 0


def test_provider_calls_are_refused_only_while_a_transaction_is_open(committing_uow):
    with committing_uow.begin(), pytest.raises(ProviderCallInTransaction):
        refuse_open_transaction()
    refuse_open_transaction()


def test_open_transaction_is_known_to_its_own_thread_only(committing_uow):
    with committing_uow.begin():
        assert at_once(1, lambda _number: refuse_open_transaction()) == [None]


def test_begin_says_unavailable_when_no_server_answers(clock, ids, tmp_path):
    engine = make_engine(f"postgresql://nobody@/nothing?host={tmp_path}")
    uow = UnitOfWork(sessionmaker(engine), clock, ids)
    with pytest.raises(DatabaseUnavailable), uow.begin() as tx:
        tx.session.execute(text("SELECT 1"))


def test_begin_says_unavailable_when_every_connection_is_taken(engine, clock, ids):
    small = create_engine(engine.url, pool_size=1, max_overflow=0, pool_timeout=0.01)
    uow = UnitOfWork(sessionmaker(small), clock, ids)
    with small.connect(), pytest.raises(DatabaseUnavailable), uow.begin() as tx:
        tx.session.execute(text("SELECT 1"))
    small.dispose()


def cut_off(tx, engine) -> None:
    """Let the server end this transaction's connection."""
    victim = tx.session.scalar(text("SELECT pg_backend_pid()"))
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": victim})


def test_begin_says_unavailable_when_the_server_cuts_the_connection(committing_uow, engine):
    def lose_the_server():
        with committing_uow.begin() as tx:
            cut_off(tx, engine)
            tx.session.execute(text("SELECT 1"))

    with pytest.raises(DatabaseUnavailable):
        lose_the_server()


@pytest.mark.parametrize("limit", ["statement_timeout", "lock_timeout"])
def test_begin_says_busy_when_waiting_takes_too_long(committing_uow, engine, limit):
    def wait_for_a_lock():
        with committing_uow.begin() as tx:
            tx.session.execute(text(f"SET LOCAL {limit} = '10ms'"))
            tx.session.execute(text("LOCK TABLE outbox"))

    with engine.begin() as holder:
        holder.execute(text("LOCK TABLE outbox"))
        with pytest.raises(DatabaseBusy, match="took too long"):
            wait_for_a_lock()


def test_commit_says_unavailable_when_the_connection_is_lost(committing_uow, engine, counter):
    def lose_the_server():
        with committing_uow.begin() as tx:
            counter.write(tx, 7)
            cut_off(tx, engine)
            tx.commit()

    with pytest.raises(DatabaseUnavailable):
        lose_the_server()
    assert counter.committed == 0


def test_begin_says_unavailable_when_a_transaction_idled_too_long(committing_uow, engine):
    alive = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid")

    def is_gone(pid):
        with engine.connect() as connection:
            return connection.execute(alive, {"pid": pid}).scalar_one() == 0

    def doze():
        with committing_uow.begin() as tx:
            tx.session.execute(text("SET LOCAL idle_in_transaction_session_timeout = '10ms'"))
            pid = tx.session.scalar(text("SELECT pg_backend_pid()"))
            eventually(lambda: is_gone(pid))
            tx.session.execute(text("SELECT 1"))

    with pytest.raises(DatabaseUnavailable):
        doze()


def test_begin_passes_on_the_refusal_when_the_rollback_finds_no_server(committing_uow, engine):
    def lose_the_server_and_fail():
        with committing_uow.begin() as tx:
            cut_off(tx, engine)
            raise NotFoundError("gone")

    with pytest.raises(NotFoundError):
        lose_the_server_and_fail()
    with committing_uow.begin() as tx:
        assert tx.session.scalar(text("SELECT 1")) == 1


def test_begin_passes_on_what_is_no_outage(committing_uow):
    row = "INSERT INTO timer (id, kind, subject) VALUES ('tmr_1', 'k', 's')"
    with pytest.raises(IntegrityError), committing_uow.begin() as tx:
        tx.session.execute(text(row))


def test_publish_leaves_nothing_when_the_transaction_is_rolled_back(committing_uow, engine):
    with committing_uow.begin() as tx:
        tx.publish(Noted(subject="a"))
    with engine.connect() as connection:
        assert connection.execute(OutboxRow.__table__.select()).all() == []


def test_publish_keeps_the_order_in_which_facts_were_told(committing_uow, engine):
    publish(committing_uow, "a", 3, 1, 2)
    rows = text("SELECT (payload ->> 'number')::int FROM outbox ORDER BY sequence")
    with engine.connect() as connection:
        assert connection.execute(rows).scalars().all() == [3, 1, 2]


@pytest.mark.parametrize(("numbers", "woken"), [((1, 2), 1), ((), 0)])
def test_commit_wakes_listeners_when_there_are_facts(committing_uow, database_url, numbers, woken):
    with psycopg.connect(database_url, autocommit=True) as listener:
        listener.execute(f"LISTEN {OUTBOX_CHANNEL}")
        publish(committing_uow, "a", *numbers)
        assert len(list(listener.notifies(timeout=0.2, stop_after=1))) == woken
