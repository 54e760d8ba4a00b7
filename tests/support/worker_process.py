"""A worker process with readers of the test's own, so that a test can kill it.

    python -m tests.support.worker_process <queue> <database URL> <Redis URL> <run seconds>

Events and timers are written into the table `noted`, in the order in which they come.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, text

from souk.core.clock import SystemClock
from souk.core.db import make_engine
from souk.core.events import Event, HandlerRegistry
from souk.core.inbox import InboxSweeper
from souk.core.jobs import Loop, Periodic, drain_outbox, sweep_timers
from souk.core.outbox import OutboxRelay
from souk.core.telemetry import configure_logging
from souk.core.timers import TimerSweeper, chain_clock
from souk.core.wakeups import PostgresBus
from souk.embedded.anvil import CHAIN_ID
from souk.entrypoints.worker import run_worker
from tests.support.events import Noted

TABLE = "CREATE TABLE noted (id bigserial PRIMARY KEY, what text NOT NULL)"


@dataclass(frozen=True)
class Parts:
    """What a worker needs."""

    redis_url: str
    loops: Mapping[str, Loop]


def note(engine: Engine, what: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO noted (what) VALUES (:what)"), {"what": what})


def fail() -> None:
    raise RuntimeError("the task was told to fail")


def never_commit(engine: Engine) -> None:
    """At its first run, write half and wait for what never comes; later, say that it is over."""
    with engine.connect() as connection:
        if connection.execute(text("SELECT count(*) FROM noted")).scalar_one():
            note(engine, "over")
            return
        note(engine, "begun")
        connection.execute(text("INSERT INTO noted (what) VALUES ('half')"))
        connection.execute(text("SELECT pg_sleep(60)"))
        connection.commit()


def parts(database_url: str, redis_url: str, run_seconds: float) -> Parts:
    engine = make_engine(database_url)
    clock = SystemClock()

    def note_event(event: Event) -> None:
        note(engine, f"event {event.number}")

    def chain_time() -> datetime | None:
        with engine.connect() as connection:
            return connection.execute(text("SELECT max(created_at) FROM outbox")).scalar_one()

    timers = TimerSweeper(engine, {"note": lambda what: note(engine, f"timer {what}")}, clock)
    periodic = [Periodic("fail", 0.2, fail), Periodic("tick", 0.2, lambda: note(engine, "tick"))]
    clocks = {chain_clock(CHAIN_ID): chain_time}
    return Parts(
        redis_url,
        {
            "events": drain_outbox(
                OutboxRelay(engine, HandlerRegistry([(Noted, [note_event])]), clock),
                InboxSweeper(engine, {}, clock),
                PostgresBus(database_url),
                run_seconds=run_seconds,
            ),
            "timers": sweep_timers(timers, clock, clocks, periodic, run_seconds=run_seconds),
            "runs": Loop("test.note_run", lambda _keep_on: note(engine, "run")),
            "slow": Loop("test.never_commit", lambda _keep_on: never_commit(engine)),
            "failing": Loop("test.fail", lambda _keep_on: (note(engine, "run"), fail())[0]),
        },
    )


if __name__ == "__main__":
    queue, database_url, redis_url, run_seconds = sys.argv[1:]
    configure_logging()
    sys.exit(run_worker(parts(database_url, redis_url, float(run_seconds)), queue))
