"""Streams share one reader, and there are only so many."""

import asyncio
import time
from collections.abc import Sequence

import pytest

from souk.core.errors import DatabaseUnavailable
from souk.core.streams import TooManyStreams, Watch
from souk.core.wakeups import AsyncWakeups

SOON = 10.0


class Positions:
    """What a database would answer; fails as it is told to."""

    def __init__(self, **now: bytes) -> None:
        self.now = now
        self.asked: list[list[str]] = []
        self.failures: list[Exception] = []

    async def read(self, subjects: Sequence[str]) -> dict[str, bytes]:
        self.asked.append(list(subjects))
        if self.failures:
            raise self.failures.pop()
        return {subject: self.now[subject] for subject in subjects if subject in self.now}


def watching(positions: Positions, *, pause_seconds: float = 0.01, **caps: int) -> Watch:
    wakeups = AsyncWakeups("postgresql://nobody@/nothing")
    paces = {"pause_seconds": pause_seconds, "poll_seconds": pause_seconds * 5}
    return Watch(positions.read, wakeups, **paces, **caps)


async def the_reader_is_gone() -> None:
    """Wait until nothing else runs in this loop."""
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    async with asyncio.timeout(SOON):
        await asyncio.gather(*others)


def test_reads_once_for_all_streams() -> None:
    positions = Positions(a=b"1", b=b"2")

    async def run() -> list[bytes | None]:
        watch = watching(positions)
        viewers = [watch.open(subject) for subject in ("b", "a", "a")]
        return [await viewer.changed(SOON) for viewer in viewers]

    assert asyncio.run(run()) == [b"2", b"1", b"1"]
    assert positions.asked == [["a", "b"]]


def test_wakes_only_those_whose_subject_has_changed() -> None:
    positions = Positions(a=b"1", b=b"1")

    async def run() -> tuple[bytes | None, bytes | None]:
        watch = watching(positions)
        with watch.open("a") as changing, watch.open("b") as still:
            await changing.changed(SOON)
            await still.changed(SOON)
            positions.now["a"] = b"2"
            return await changing.changed(SOON), await still.changed(0.1)

    assert asyncio.run(run()) == (b"2", None)


def test_reads_no_sooner_than_after_a_pause_however_often_it_is_woken() -> None:
    positions = Positions(a=b"1")

    async def run() -> float:
        watch, begun = watching(positions, pause_seconds=0.05), time.monotonic()
        with watch.open("a") as viewer:
            await viewer.changed(SOON)
            for _ in range(50):
                with watch.open("b"):
                    await viewer.changed(0.003)
        return time.monotonic() - begun

    pauses = asyncio.run(run()) / 0.05
    assert 2 <= len(positions.asked) <= pauses + 1


@pytest.mark.parametrize("failure", [DatabaseUnavailable("away"), ValueError("a defect")])
def test_goes_on_when_a_reading_fails(failure: Exception) -> None:
    positions = Positions(a=b"1")
    positions.failures = [failure]

    async def run() -> bytes | None:
        with watching(positions).open("a") as viewer:
            return await viewer.changed(SOON)

    assert asyncio.run(run()) == b"1"


@pytest.mark.parametrize("caps", [{"most": 2}, {"most_of_one": 2}])
def test_refuses_a_stream_when_too_many_are_open(caps: dict[str, int]) -> None:
    async def run() -> None:
        watch = watching(Positions(), **caps)
        with watch.open("a"), watch.open("a"), pytest.raises(TooManyStreams) as refusal:
            watch.open("a")
        assert refusal.value.retry_after_seconds == 30

    asyncio.run(run())


def test_has_room_when_a_stream_has_ended_or_was_never_begun() -> None:
    async def run() -> None:
        watch = watching(Positions(), most=1)
        with watch.open("a"):
            pass
        watch.open("a")
        with watch.open("a"):
            pass

    asyncio.run(run())


def test_counts_the_streams_of_each_subject_for_themselves() -> None:
    async def run() -> None:
        watch = watching(Positions(), most_of_one=1)
        with watch.open("a"), watch.open("b"):
            pass

    asyncio.run(run())


def test_reads_no_more_when_the_last_stream_has_ended_and_anew_with_the_next() -> None:
    positions = Positions(a=b"1")

    async def run() -> bytes | None:
        watch = watching(positions)
        with watch.open("a") as viewer:
            await viewer.changed(SOON)
        await the_reader_is_gone()
        with watch.open("a") as viewer:
            return await viewer.changed(SOON)

    assert asyncio.run(run()) == b"1"
