"""Migrating: one process at a time, with no trace in the pool."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import sessionmaker

from souk.core.db import make_engine
from souk.core.ids import TimeOrderedIds
from souk.core.migrations import downgrade, upgrade
from souk.core.unit_of_work import UnitOfWork
from tests.support.account_builders import a_wallet, an_account
from tests.support.catalog_builders import a_listing
from tests.support.order_builders import place
from tests.support.seller_builders import a_seller, pay_elsewhere
from tests.support.threads import at_once
from tests.support.waiting import eventually


@pytest.fixture
def fresh(databases):
    """An engine on a database without tables."""
    url = databases.empty()
    engine = make_engine(url)
    yield engine
    engine.dispose()
    databases.drop(url)


def test_upgrade_succeeds_everywhere_when_processes_start_together(fresh, databases):
    engines = [make_engine(fresh.url.render_as_string(hide_password=False)) for _ in range(3)]
    assert at_once(3, lambda number: upgrade(engines[number])) == [None] * 3
    for engine in engines:
        engine.dispose()


def test_upgrade_leaves_the_pool_with_its_time_limits(fresh):
    upgrade(fresh)
    with fresh.connect() as first, fresh.connect() as second:
        limits = [c.execute(text("SHOW statement_timeout")).scalar_one() for c in (first, second)]
    assert limits == ["30s", "30s"]


def test_upgrade_gives_the_lock_back_when_a_migration_is_refused(fresh):
    with pytest.raises(Exception, match="nowhere"):
        upgrade(fresh, "nowhere")
    with closing(fresh.connect()) as connection:
        locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database ="
        mine = " (SELECT oid FROM pg_database WHERE datname = current_database())"
        assert connection.execute(text(locks + mine)).scalar_one() == 0


@pytest.mark.parametrize(
    ("revision", "table"),
    [
        ("0010", "ledger_entry"),
        ("0011", "payment_attempt_leg"),
        ("0011", "payment_effect"),
        ("0012", "payment_attempt_leg"),
        ("0026", "ledger_account"),
        ("0026", "ledger_entry"),
        ("0029", "outbox"),
    ],
)
def test_upgrade_lets_others_write_what_they_have_read(fresh, revision, table):
    """Whoever has read a table, and goes on to write it while it is migrated, meets no deadlock."""
    upgrade(fresh, revision)
    with fresh.connect() as other, ThreadPoolExecutor(1) as thread:
        other.execute(text(f"SELECT FROM {table}"))
        upgrading = thread.submit(upgrade, fresh)
        eventually(lambda: waits_for_us(fresh, other) or upgrading.done(), seconds=30)
        other.execute(text(f"DELETE FROM {table}"))
        other.commit()
        assert upgrading.result() is None


def test_upgrade_lets_others_book_meanwhile(fresh):
    """Accounts first, and then entries."""
    upgrade(fresh, "0026")
    with fresh.connect() as other, ThreadPoolExecutor(1) as thread:
        other.execute(text("DELETE FROM ledger_account"))
        upgrading = thread.submit(upgrade, fresh)
        eventually(lambda: waits_for_us(fresh, other) or upgrading.done(), seconds=30)
        other.execute(text("DELETE FROM ledger_entry"))
        other.commit()
        assert upgrading.result() is None


def test_downgrade_is_refused_while_there_is_a_loss(fresh):
    upgrade(fresh)
    with fresh.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO ledger_account (id, kind, owner, asset, created_at)"
                " VALUES ('lac_one', 'losses', 'platform', 'USD', now())"
            )
        )

    with pytest.raises(IntegrityError):
        downgrade(fresh, "0026")


def test_downgrade_is_refused_while_an_order_names_wallets_of_single_chains(fresh, clock):
    upgrade(fresh)
    uow = UnitOfWork(sessionmaker(fresh), clock, TimeOrderedIds())
    store = a_seller(uow)
    pay_elsewhere(uow, "sofia", "sofia", {31337: "own"})
    place(uow, an_account(uow, "bruno"), (a_listing(uow, store).id, 1))

    with pytest.raises(DBAPIError, match="which would be lost"):
        downgrade(fresh, "0043")

    with fresh.connect() as connection:
        kept = connection.execute(text("SELECT payout_wallets FROM orders")).scalar_one()
    assert kept == {"31337": a_wallet("own").address}


def waits_for_us(engine: Engine, other: Connection) -> bool:
    """Whether somebody waits for a lock of that connection's."""
    ours = other.connection.dbapi_connection.info.backend_pid
    waiting = "SELECT EXISTS (SELECT FROM pg_locks WHERE :ours = ANY(pg_blocking_pids(pid)))"
    with engine.connect() as third:
        return third.execute(text(waiting), {"ours": ours}).scalar_one()
