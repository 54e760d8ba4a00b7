"""Work that never ends, done in short runs by worker processes.

A loop keeps nothing between its runs but what is in PostgreSQL, so a run may be killed at any
moment, and two processes may run the same loop at once.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from souk.core.clock import Clock
from souk.core.errors import DomainError
from souk.core.inbox import InboxSweeper
from souk.core.outbox import OutboxRelay
from souk.core.ports import Bus
from souk.core.timers import WALL, TimerSweeper

_log = logging.getLogger(__name__)

RUN_SECONDS = 30.0
STOP_CHECK_SECONDS = 0.25
OUTBOX_POLL_SECONDS = 1.0
TIMER_POLL_SECONDS = 0.5
# Under load what arrives meanwhile is claimed at once: each claim and each mark of what was done is
# a transaction, however few rows it is about.
_BREATH_SECONDS = 0.01

KeepOn = Callable[[], bool]
"""Says whether to go on; asked at least every `STOP_CHECK_SECONDS`."""


@dataclass(frozen=True, slots=True)
class Loop:
    """The job of one queue: its name (`module.verb_object`), and one run of it."""

    name: str
    run: Callable[[KeepOn], None]


class Periodic:
    """Something to do again and again, idempotent, at most once every so many seconds in a
    process. What must happen at a certain instant is a timer instead."""

    def __init__(
        self,
        name: str,
        every_seconds: float,
        act: Callable[[], object],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._every = every_seconds
        self._act = act
        self._monotonic = monotonic
        self._due = float("-inf")

    def tick(self) -> None:
        """Do it if it is due. A failure is logged and waits for the next time."""
        if self._monotonic() < self._due:
            return
        self._due = self._monotonic() + self._every
        with_care(self.name, self._act)


class Aside:
    """Something that may take minutes, done in a thread of its own so that nothing else waits for
    it: one at a time, and given up when the process ends."""

    def __init__(self, name: str, act: Callable[[], object]) -> None:
        self._name = name
        self._act = act
        self._thread: threading.Thread | None = None

    def __call__(self) -> None:
        """Begin, unless it is still being done."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(
                target=with_care, args=(self._name, self._act), name=self._name, daemon=True
            )
            self._thread.start()


def with_care(name: str, act: Callable[[], object]) -> None:
    """Run `act`; what fails must not keep its neighbours from their turn. A refusal is told in a
    line, only a defect with its traceback."""
    try:
        act()
    except DomainError as error:
        _log.warning("%s: %s", name, error)
    except Exception:
        _log.exception("%s failed", name)


def limited(keep_on: KeepOn, seconds: float) -> KeepOn:
    """`keep_on`, and not longer than this."""
    until = time.monotonic() + seconds
    return lambda: keep_on() and time.monotonic() < until


def pause(seconds: float, keep_on: KeepOn) -> None:
    """Wait, in steps short enough to be stopped."""
    until = time.monotonic() + seconds
    while keep_on() and (left := until - time.monotonic()) > 0:
        time.sleep(min(left, STOP_CHECK_SECONDS))


def drain_outbox(
    relay: OutboxRelay, inbox: InboxSweeper, bus: Bus, *, run_seconds: float = RUN_SECONDS
) -> Loop:
    """Deliver what is in the outbox and handle what is in the inbox: when woken, and each second
    as a net under that."""

    def run(keep_on: KeepOn) -> None:
        going = limited(keep_on, run_seconds)
        while going():
            # In turns: what is published without end must not keep messages waiting, nor they it.
            handled = relay.deliver_due() + inbox.sweep()
            if not handled:
                _await_wake(bus, going)
            time.sleep(_BREATH_SECONDS)

    return Loop("core.drain_outbox", run)


def _await_wake(bus: Bus, going: KeepOn) -> None:
    until = time.monotonic() + OUTBOX_POLL_SECONDS
    while going() and (left := until - time.monotonic()) > 0:
        if bus.wait(min(left, STOP_CHECK_SECONDS)):
            return


def sweep_timers(
    sweeper: TimerSweeper,
    wall: Clock,
    chain_clocks: Mapping[str, Callable[[], datetime | None]],
    periodic: Sequence[Periodic],
    *,
    run_seconds: float = RUN_SECONDS,
) -> Loop:
    """Fire what is due by the wall clock and by each chain's, and do what is to be done again and
    again. `chain_clocks` tells, by the clock's name, which instant the chain has reached."""
    clocks: dict[str, Callable[[], datetime | None]] = {WALL: wall.now, **chain_clocks}

    def run(keep_on: KeepOn) -> None:
        going = limited(keep_on, run_seconds)
        while going():
            for name, reached in clocks.items():
                with_care(f"timers of {name}", partial(_sweep, sweeper, name, reached, going))
            for task in periodic:
                if going():
                    task.tick()
            pause(TIMER_POLL_SECONDS, going)

    return Loop("core.sweep_timers", run)


def _sweep(
    sweeper: TimerSweeper, name: str, reached: Callable[[], datetime | None], going: KeepOn
) -> None:
    instant = reached()
    while instant is not None and going() and sweeper.sweep(name, instant):
        instant = reached()
