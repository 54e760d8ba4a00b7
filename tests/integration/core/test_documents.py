"""Documents that are kept for a moment: whose they are, and when they are read anew."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

import pytest
from redis import Redis

from souk.adapters.redis.cache import RedisCache
from souk.adapters.redis.connections import connect
from souk.core.documents import KEEP_SECONDS, CachedDocuments


@dataclass
class Page:
    """Something that can be read, and how often it was."""

    text: bytes | None = b'{"id":"1"}'
    reads: int = 0
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.open.set()

    async def load(self) -> bytes | None:
        self.reads += 1
        found = self.text
        self.asked.set()
        await self.open.wait()
        return found


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with connect(redis_url, timeout_seconds=1) as client:
        yield client


@pytest.fixture
def documents(redis: Redis) -> CachedDocuments:
    return CachedDocuments(RedisCache(redis))


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(test())  # type: ignore[arg-type]  # any coroutine will do


def test_reads_once_what_is_asked_for_again(documents) -> None:
    async def scene() -> None:
        page = Page()

        answers = [await documents.read("p 1", "bruno", page.load) for _ in range(3)]

        assert (answers, page.reads) == ([page.text] * 3, 1)

    run(scene)


def test_shows_nobody_what_was_kept_for_another(documents) -> None:
    async def scene() -> None:
        brunos, sofias = Page(b"bruno's"), Page(b"sofia's")
        await documents.read("p 1", "bruno", brunos.load)

        assert await documents.read("p 1", "sofia", sofias.load) == b"sofia's"
        assert await documents.read("p 1", "bruno", brunos.load) == b"bruno's"

    run(scene)


def test_gives_each_the_own_one_when_they_ask_at_the_same_time(documents) -> None:
    async def scene() -> None:
        pages = {name: Page(name.encode()) for name in ("bruno", "sofia")}
        together = (documents.read("p 1", name, page.load) for name, page in pages.items())

        assert await asyncio.gather(*together) == [b"bruno", b"sofia"]

    run(scene)


def test_reads_anew_for_everybody_when_it_has_changed(documents) -> None:
    async def scene() -> None:
        page = Page()
        for viewer in ("bruno", "sofia"):
            await documents.read("p 1", viewer, page.load)
        page.text = b"new"

        documents.forget("p 1")

        found = [await documents.read("p 1", viewer, page.load) for viewer in ("bruno", "sofia")]
        assert found == [b"new", b"new"]

    run(scene)


def test_brings_nothing_old_back_when_a_slow_read_ends_after_the_change(documents) -> None:
    async def scene() -> None:
        page = Page(b"old")
        page.open.clear()
        slow = asyncio.create_task(documents.read("p 1", "bruno", page.load))
        await page.asked.wait()
        page.text = b"new"
        documents.forget("p 1")
        page.open.set()
        await slow

        assert await documents.read("p 1", "bruno", page.load) == b"new"

    run(scene)


def test_joins_no_read_that_began_before_the_change(documents) -> None:
    async def scene() -> None:
        page = Page(b"old")
        page.open.clear()
        slow = asyncio.create_task(documents.read("p 1", "bruno", page.load))
        await page.asked.wait()
        page.text = b"new"
        documents.forget("p 1")
        page.open.set()

        assert await documents.read("p 1", "bruno", page.load) == b"new"
        assert await slow == b"old"

    run(scene)


def test_reads_once_for_all_who_ask_at_the_same_time(documents) -> None:
    async def scene() -> None:
        page = Page()
        together = (documents.read("p 1", "bruno", page.load) for _ in range(20))

        assert await asyncio.gather(*together) == [page.text] * 20
        assert page.reads == 1

    run(scene)


def test_answers_the_others_when_whoever_asked_first_hangs_up(documents) -> None:
    async def scene() -> None:
        page = Page()
        page.open.clear()
        first, second = (
            asyncio.create_task(documents.read("p 1", "bruno", page.load)) for _ in range(2)
        )
        await page.asked.wait()
        first.cancel()
        page.open.set()

        assert await second == page.text
        assert page.reads == 1

    run(scene)


def test_keeps_nothing_of_what_is_not_there(documents) -> None:
    async def scene() -> None:
        page = Page(None)
        await documents.read("p 1", "bruno", page.load)
        page.text = b"here"

        assert await documents.read("p 1", "bruno", page.load) == b"here"

    run(scene)


def test_keeps_nothing_of_a_read_that_failed(documents) -> None:
    async def broken() -> bytes:
        raise LookupError("the database is away")

    async def scene() -> None:
        page = Page()
        with pytest.raises(LookupError):
            await documents.read("p 1", "bruno", broken)

        assert await documents.read("p 1", "bruno", page.load) == page.text

    run(scene)


def test_forgets_by_itself_soon(documents, redis) -> None:
    async def scene() -> None:
        await documents.read("p 1", "bruno", Page().load)

        assert 0 < redis.ttl("cache:p 1:bruno") <= KEEP_SECONDS

    run(scene)


def test_finds_what_is_kept_by_another_name_of_it(documents) -> None:
    async def scene() -> None:
        page = Page()

        for _ in range(4):
            await documents.read_alias("o 7", "bruno", page.load, lambda _page: "p 1")

        # The first read tells whose name it is, the second is kept.
        assert page.reads == 2

    run(scene)


def test_forgets_by_its_name_what_is_kept_by_another(documents) -> None:
    async def scene() -> None:
        page = Page()
        for _ in range(3):
            await documents.read_alias("o 7", "bruno", page.load, lambda _page: "p 1")
        page.text = b"new"

        with documents.changing("p 1"):
            pass

        found = await documents.read_alias("o 7", "bruno", page.load, lambda _page: "p 1")
        assert found == b"new"

    run(scene)


def test_keeps_two_names_of_one_subject_apart(documents) -> None:
    async def scene() -> None:
        seven, eight = Page(b"seven"), Page(b"eight")
        for _ in range(3):
            await documents.read_alias("o 7", "sofia", seven.load, lambda _page: "p 1")
            await documents.read_alias("o 8", "sofia", eight.load, lambda _page: "p 1")

        found = await documents.read_alias("o 8", "sofia", eight.load, lambda _page: "p 1")
        assert found == b"eight"

    run(scene)


def test_reads_everything_when_redis_is_away() -> None:
    async def scene() -> None:
        page = Page()
        with connect("redis://127.0.0.1:1/0", timeout_seconds=1) as away:
            documents = CachedDocuments(RedisCache(away))
            answers = [await documents.read("p 1", "bruno", page.load) for _ in range(3)]
            documents.forget("p 1")

        assert (answers, page.reads) == ([page.text] * 3, 3)

    run(scene)
