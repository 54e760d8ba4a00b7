"""Worker processes under everything that may happen to them."""

import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from sqlalchemy import Engine, text
from sqlalchemy.orm import sessionmaker

from souk.core.clock import SystemClock
from souk.core.ids import TimeOrderedIds
from souk.core.timers import WALL, chain_clock, schedule
from souk.core.unit_of_work import UnitOfWork
from souk.embedded import parts
from souk.embedded.redis import redis_server
from souk.entrypoints.worker import UnknownQueue, run_worker
from tests.support.chain_builders import CHAIN_ID
from tests.support.events import publish
from tests.support.waiting import eventually
from tests.support.worker_process import Parts

from .conftest import StartWorker

Noted = Callable[[], list[str]]


@pytest.fixture
def publish_now(engine: Engine) -> Callable[..., None]:
    """Publish as the product does, by the machine's clock."""
    from_engine = UnitOfWork(sessionmaker(engine), SystemClock(), TimeOrderedIds())
    return lambda *numbers: publish(from_engine, "subject", *numbers)


def test_delivers_an_event_when_it_is_committed_while_it_waits(
    start_worker: StartWorker, publish_now: Callable[..., None], noted: Noted
) -> None:
    start_worker("events")
    publish_now(1)
    eventually(lambda: noted() == ["event 1"])

    publish_now(2)
    eventually(lambda: noted() == ["event 1", "event 2"])
    assert noted() == ["event 1", "event 2"]


@pytest.mark.pitfall("J5")
def test_starts_the_next_run_at_once_when_one_is_over(
    start_worker: StartWorker, noted: Noted
) -> None:
    start_worker("runs")
    eventually(lambda: noted())

    assert eventually(lambda: len(noted()) >= 50)


def test_stops_within_two_seconds_when_it_is_asked_to(
    start_worker: StartWorker, publish_now: Callable[..., None], noted: Noted
) -> None:
    worker = start_worker("events")
    publish_now(1)
    eventually(lambda: noted())

    worker.send_signal(signal.SIGTERM)
    assert worker.wait(2) == 0


@pytest.mark.parametrize("rounds", [1, pytest.param(10, marks=pytest.mark.deep)])
def test_loses_nothing_when_it_is_stopped_at_any_moment(
    start_worker: StartWorker, publish_now: Callable[..., None], noted: Noted, rounds: int
) -> None:
    for round_ in range(rounds):
        worker = start_worker("runs")
        before = len(noted())
        eventually(lambda least=before + round_: len(noted()) > least)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(2) == 0

    start_worker("events")
    publish_now(1)
    assert eventually(lambda: "event 1" in noted())


def _delivered(engine: Engine) -> int:
    with engine.connect() as connection:
        counted = text("SELECT count(*) FROM outbox WHERE delivered_at IS NOT NULL")
        return connection.execute(counted).scalar_one()


@pytest.mark.pitfall("J2")
def test_goes_on_within_seconds_when_it_was_killed_in_the_middle_of_a_job(
    start_worker: StartWorker, publish_now: Callable[..., None], noted: Noted, engine: Engine
) -> None:
    first = start_worker("events")
    publish_now(1)
    # Killed before this is written down, it would be delivered again once its lease is over.
    eventually(lambda: _delivered(engine) == 1)
    first.kill()
    first.wait()

    publish_now(2)
    start_worker("events")
    assert eventually(lambda: noted() == ["event 1", "event 2"], seconds=20)


@pytest.mark.pitfall("J8")
def test_goes_on_when_redis_is_flushed_again_and_again(
    start_worker: StartWorker, publish_now: Callable[..., None], noted: Noted, redis_url: str
) -> None:
    start_worker("events", run_seconds=0.2)
    with redis.Redis.from_url(redis_url) as client:
        for number in range(8):
            publish_now(number)
            eventually(lambda n=number: len(noted()) > n)
            client.flushall()

    assert noted() == [f"event {number}" for number in range(8)]


def test_goes_on_when_redis_was_killed_and_comes_back(
    start_worker: StartWorker,
    publish_now: Callable[..., None],
    noted: Noted,
    stack_directory: Path,
) -> None:
    server = redis_server(stack_directory / "own-redis", durable=False)
    running = parts.start(server.part(), stack_directory / "own-redis.log")
    start_worker("events", run_seconds=0.2, redis=server.url)
    publish_now(1)
    eventually(lambda: noted())
    running.kill()
    publish_now(2)

    running = parts.start(server.part(), stack_directory / "own-redis.log")
    try:
        assert eventually(lambda: noted() == ["event 1", "event 2"], seconds=20)
    finally:
        running.kill()


def test_stops_when_it_is_asked_to_while_redis_is_away(
    start_worker: StartWorker, tmp_path: Path
) -> None:
    worker = start_worker("events", redis="redis://127.0.0.1:1/0")
    eventually(lambda: "Redis fails" in (tmp_path / "worker-0.log").read_text())

    worker.send_signal(signal.SIGTERM)
    assert worker.wait(2) == 0


def test_goes_on_when_the_database_cut_every_connection(
    start_worker: StartWorker, publish_now: Callable[..., None], noted: Noted, engine: Engine
) -> None:
    start_worker("events")
    publish_now(1)
    eventually(lambda: noted())
    engine.dispose()
    with engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )

    publish_now(2)
    assert eventually(lambda: noted() == ["event 1", "event 2"])


def test_fires_a_timer_when_its_clock_has_reached_it(
    start_worker: StartWorker,
    publish_now: Callable[..., None],
    noted: Noted,
    engine: Engine,
) -> None:
    publish_now(1)
    with UnitOfWork(sessionmaker(engine), SystemClock(), TimeOrderedIds()).begin() as tx:
        for clock in (WALL, chain_clock(CHAIN_ID)):
            for subject, minutes in ((f"past {clock}", -1), (f"future {clock}", 60)):
                due = tx.now + timedelta(minutes=minutes)
                schedule(tx, kind="note", subject=subject, clock=clock, due_at=due)
        tx.commit()

    start_worker("timers")
    past = {f"timer past {clock}" for clock in (WALL, chain_clock(CHAIN_ID))}
    eventually(lambda: past <= set(noted()))
    assert {what for what in noted() if what.startswith("timer ")} == past


def test_repeats_a_task_when_its_neighbour_fails(start_worker: StartWorker, noted: Noted) -> None:
    start_worker("timers", run_seconds=0.3)

    assert eventually(lambda: noted().count("tick") >= 3)


def test_runs_again_after_a_moment_when_a_loop_fails(
    start_worker: StartWorker, noted: Noted, tmp_path: Path
) -> None:
    start_worker("failing")

    eventually(lambda: len(noted()) >= 2)
    assert "the task was told to fail" in (tmp_path / "worker-0.log").read_text()


def test_delivers_once_when_two_processes_serve_one_queue(
    start_worker: StartWorker, publish_now: Callable[..., None], noted: Noted
) -> None:
    start_worker("events", run_seconds=0.3)
    start_worker("events", run_seconds=0.3)
    for number in range(20):
        publish_now(number)

    eventually(lambda: len(noted()) >= 20)
    assert noted() == [f"event {number}" for number in range(20)]


def test_says_which_queues_there_are_when_there_is_no_such_queue() -> None:
    with pytest.raises(UnknownQueue, match="no queue mail"):
        run_worker(Parts("redis://127.0.0.1:1/0", {}), "mail")
