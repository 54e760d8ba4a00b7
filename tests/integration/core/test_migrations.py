"""Migrating: one process at a time, with no trace in the pool."""

from contextlib import closing

import pytest
from sqlalchemy import text

from souk.core.db import make_engine
from souk.core.migrations import upgrade
from tests.support.threads import at_once


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
