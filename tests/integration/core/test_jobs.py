"""Loops and what they do again and again."""

import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from souk.core.errors import UnavailableError
from souk.core.jobs import Aside, Periodic, drain_outbox, limited, pause, sweep_timers

NOW = datetime(2026, 3, 1, tzinfo=UTC)


class Times:
    """A clock in seconds that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def stopping_after(turns: int):
    """Says to go on this many times; with just as many as the work asks for, no time is spent on
    the pause behind it."""
    left: Iterator[int] = iter(range(turns))
    return lambda: next(left, None) is not None


def test_ticks_when_its_time_has_come_and_not_before() -> None:
    seconds, done = Times(), []
    task = Periodic("test.tick", 10, lambda: done.append(seconds.now), seconds)
    for instant in (0, 9, 10, 12, 31):
        seconds.now = instant
        task.tick()

    assert done == [0, 10, 31]


@pytest.mark.parametrize(("failure", "level"), [(UnavailableError, "WARNING"), (OSError, "ERROR")])
def test_waits_for_the_next_time_when_a_task_fails(
    failure: type[Exception], level: str, caplog: pytest.LogCaptureFixture
) -> None:
    seconds, tries = Times(), []

    def fail() -> None:
        tries.append(seconds.now)
        raise failure("no")

    task = Periodic("test.fail", 10, fail, seconds)
    for instant in (0, 5, 10):
        seconds.now = instant
        task.tick()

    assert tries == [0, 10]
    assert {record.levelname for record in caplog.records} == {level}


def test_goes_on_no_longer_than_its_limit() -> None:
    assert limited(lambda: True, 60)()
    assert not limited(lambda: True, 0)()
    assert not limited(lambda: False, 60)()


def test_ends_a_pause_when_it_is_asked_to_stop() -> None:
    asked = []
    pause(3_600, lambda: asked.append(True) or len(asked) < 2)

    assert len(asked) == 2


class Parts:
    """An outbox, an inbox, a bus, timers and a clock that only take notes."""

    def __init__(self, waiting: int = 0) -> None:
        self.waiting = waiting
        self.notes: list[str] = []

    def deliver_due(self) -> int:
        self.notes.append("deliver")
        done, self.waiting = self.waiting, 0
        return done

    def sweep(self, clock: str = "sweep", reached: datetime | None = None) -> int:
        self.notes.append(clock)
        done, self.waiting = self.waiting, max(0, self.waiting - 1)
        return done if reached else 0

    def wait(self, timeout_seconds: float) -> bool:
        self.notes.append("wait")
        return True

    def now(self) -> datetime:
        return NOW


def test_waits_only_when_there_is_nothing_left_to_deliver() -> None:
    parts = Parts(waiting=3)

    drain_outbox(parts, parts, parts).run(stopping_after(3))

    assert parts.notes == ["deliver", "sweep", "deliver", "sweep", "wait"]


def test_sweeps_each_clock_until_nothing_is_due() -> None:
    parts, done = Parts(waiting=2), []
    clocks = {"chain:1": lambda: None, "chain:2": lambda: NOW}
    task = Periodic("test.tick", 1, lambda: done.append("tick"))

    sweep_timers(parts, parts, clocks, [task]).run(stopping_after(6))

    assert parts.notes == ["wall", "wall", "wall", "chain:2"]
    assert done == ["tick"]


def test_sweeps_the_other_clocks_when_one_cannot_be_read(
    caplog: pytest.LogCaptureFixture,
) -> None:
    parts = Parts()

    def broken() -> datetime:
        raise UnavailableError("no block yet")

    clocks = {"chain:1": broken, "chain:2": lambda: NOW}
    sweep_timers(parts, parts, clocks, []).run(stopping_after(3))

    assert parts.notes == ["wall", "chain:2"]
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_holds_nobody_up_when_it_is_done_aside() -> None:
    begun, go_on, runs = threading.Event(), threading.Event(), []

    def take_long() -> None:
        runs.append(len(runs))
        begun.set()
        go_on.wait(10)

    task = Aside("test.take_long", take_long)
    task()
    assert begun.wait(10)
    task()
    go_on.set()

    assert runs == [0]
