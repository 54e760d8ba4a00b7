"""What the sandbox has answered is on disk, and what several requests wrote is written together."""

import asyncio
import sqlite3
from contextlib import suppress
from pathlib import Path

import pytest

from souk.embedded.stripe_sandbox.store import Object, Store

ITEM: Object = {"id": "cus_1", "object": "customer", "created": 1}


class Refused(Exception):
    pass


def on_disk(path: Path) -> set[str]:
    """What another process would find."""
    with sqlite3.connect(path) as database:
        found = {id_ for (id_,) in database.execute("SELECT id FROM object")}
    database.close()
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sandbox.sqlite"


@pytest.fixture
def store(path: Path):
    store = Store(path)
    yield store
    store.database.close()


def put(store: Store, id_: str) -> None:
    with store.transaction():
        store.put({**ITEM, "id": id_})


def test_writing_is_over_when_it_is_on_disk(store: Store, path: Path) -> None:
    async def write() -> set[str]:
        put(store, "cus_1")
        await store.written()
        return on_disk(path)

    assert asyncio.run(write()) == {"cus_1"}


def test_requests_are_committed_together_when_they_come_together(store: Store) -> None:
    commits = []
    store.committed.append(lambda: commits.append(1))

    async def write() -> None:
        async def request(id_: str) -> None:
            put(store, id_)
            await store.written()

        await asyncio.gather(*(request(f"cus_{number}") for number in range(8)))

    asyncio.run(write())
    assert len(commits) == 1


def test_one_request_is_undone_when_others_are_committed_with_it(store: Store, path: Path) -> None:
    async def write() -> None:
        put(store, "cus_1")
        with suppress(Refused), store.transaction():
            store.put({**ITEM, "id": "cus_2"})
            raise Refused
        put(store, "cus_3")
        await store.written()

    asyncio.run(write())
    assert on_disk(path) == {"cus_1", "cus_3"}


def test_each_transaction_is_on_disk_when_no_loop_runs(store: Store, path: Path) -> None:
    put(store, "cus_1")
    assert on_disk(path) == {"cus_1"}
