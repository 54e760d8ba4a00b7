"""Waking on NOTIFY, with polling as the net."""

import asyncio
import time
from contextlib import AsyncExitStack, closing

import psycopg
import pytest

from souk.core.wakeups import AsyncWakeups, PostgresBus
from tests.support.events import publish
from tests.support.threads import at_once
from tests.support.waiting import eventually


@pytest.fixture
def bus(database_url):
    with closing(PostgresBus(database_url)) as bus:
        bus.wait(0)
        yield bus


@pytest.fixture
def others(database_url):
    """A connection that sees and ends the listeners."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def listeners(connection):
    return connection.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
        " AND datname = current_database()"
    ).fetchone()[0]


def cut_listeners(connection):
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
        " AND datname = current_database()"
    )


def test_wait_is_woken_when_facts_were_committed_before(bus, committing_uow):
    publish(committing_uow, "a", 1)
    assert bus.wait(10)


def test_wait_is_woken_when_facts_are_committed_meanwhile(bus, committing_uow):
    acts = [lambda: bus.wait(10), lambda: publish(committing_uow, "a", 1)]
    assert at_once(2, lambda number: acts[number]())[0] is True


def test_wait_ends_with_its_time_when_nothing_happens(bus):
    started = time.monotonic()
    assert not bus.wait(0.1)
    assert 0.05 < time.monotonic() - started < 5


def test_wait_listens_anew_when_its_connection_was_cut(bus, others, committing_uow):
    cut_listeners(others)
    assert not bus.wait(0.05)
    bus.wait(0)
    publish(committing_uow, "a", 1)
    assert bus.wait(10)


def test_wait_takes_its_whole_time_when_no_server_answers(tmp_path):
    started = time.monotonic()
    assert not PostgresBus(f"postgresql://nobody@/nothing?host={tmp_path}").wait(0.1)
    assert time.monotonic() - started >= 0.1


async def turn(act):
    """Run something that blocks, without holding up the loop."""
    return await asyncio.to_thread(act)


def test_sleepers_are_all_woken_when_facts_are_committed(database_url, committing_uow, others):
    async def run():
        wakeups, events = AsyncWakeups(database_url), [asyncio.Event() for _ in range(3)]
        async with wakeups.running(), AsyncExitStack() as stack:
            for event in events:
                stack.enter_context(wakeups.setting(event))
            await turn(lambda: eventually(lambda: listeners(others)))
            await turn(lambda: publish(committing_uow, "a", 1))
            async with asyncio.timeout(10):
                await asyncio.gather(*(event.wait() for event in events))

    asyncio.run(run())


def test_sleeper_is_left_alone_when_its_block_has_ended(database_url, committing_uow, others):
    async def run():
        wakeups, gone, here = AsyncWakeups(database_url), asyncio.Event(), asyncio.Event()
        with wakeups.setting(gone):
            pass
        async with wakeups.running(), asyncio.timeout(10):
            with wakeups.setting(here):
                await turn(lambda: eventually(lambda: listeners(others)))
                await turn(lambda: publish(committing_uow, "a", 1))
                await here.wait()
        return gone.is_set()

    assert not asyncio.run(run())


def test_sleepers_are_woken_again_when_the_connection_was_cut(database_url, committing_uow, others):
    async def run():
        wakeups, event = AsyncWakeups(database_url), asyncio.Event()
        async with wakeups.running():
            with wakeups.setting(event):
                await turn(lambda: eventually(lambda: listeners(others) == 1))
                await turn(lambda: cut_listeners(others))
                await turn(lambda: eventually(lambda: listeners(others) == 0))
                await turn(lambda: eventually(lambda: listeners(others) == 1))
                event.clear()
                await turn(lambda: publish(committing_uow, "a", 1))
                await asyncio.wait_for(event.wait(), 10)

    asyncio.run(run())


def test_sleeper_is_woken_once_when_listening_begins(database_url):
    async def run():
        wakeups, event = AsyncWakeups(database_url), asyncio.Event()
        async with wakeups.running():
            with wakeups.setting(event):
                await asyncio.wait_for(event.wait(), 10)

    asyncio.run(run())


def test_nobody_listens_when_the_last_sleeper_has_gone(database_url, committing_uow, others):
    async def run():
        wakeups = AsyncWakeups(database_url)
        async with wakeups.running():
            with wakeups.setting(asyncio.Event()):
                await turn(lambda: eventually(lambda: listeners(others) == 1))
            await turn(lambda: publish(committing_uow, "a", 1))
            await turn(lambda: eventually(lambda: listeners(others) == 0))

    asyncio.run(run())


def test_sleeper_is_woken_when_others_had_gone_before(database_url, committing_uow, others):
    async def run():
        wakeups, event = AsyncWakeups(database_url), asyncio.Event()
        async with wakeups.running():
            with wakeups.setting(asyncio.Event()):
                await turn(lambda: eventually(lambda: listeners(others) == 1))
            await turn(lambda: publish(committing_uow, "a", 1))
            await turn(lambda: eventually(lambda: listeners(others) == 0))
            with wakeups.setting(event):
                await turn(lambda: eventually(lambda: listeners(others) == 1))
                event.clear()
                await turn(lambda: publish(committing_uow, "a", 2))
                await asyncio.wait_for(event.wait(), 10)

    asyncio.run(run())
