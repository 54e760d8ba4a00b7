"""Workers that die, are restarted and are cut short, at the moments that lose jobs elsewhere."""

import random
import signal
from collections.abc import Callable
from datetime import timedelta

import pytest
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import Engine
from sqlalchemy.orm import sessionmaker

from souk.core.clock import SystemClock
from souk.core.ids import TimeOrderedIds
from souk.core.timers import WALL, schedule
from souk.core.unit_of_work import UnitOfWork
from souk.entrypoints.worker.trampoline import ENTRY
from tests.support.events import publish
from tests.support.redis_counted import Blow, counted
from tests.support.waiting import eventually

from .conftest import StartWorker

Noted = Callable[[], list[str]]

# A worker makes some twenty before its first job, and about thirty for each.
REQUESTS = range(1, 66)


@pytest.fixture
def uow(engine: Engine) -> UnitOfWork:
    """By the machine's clock, as the worker processes are."""
    return UnitOfWork(sessionmaker(engine), SystemClock(), TimeOrderedIds())


@pytest.fixture
def struck(start_worker: StartWorker, redis_url: str) -> Callable[[int, bool], bool]:
    """Runs a worker until it dies at its n-th request to Redis; `False` when it made fewer."""

    def run(at: int, answered: bool) -> bool:
        blow = Blow(at, answered)
        with counted(redis_url, blow) as url:
            worker = start_worker("events", run_seconds=0.05, redis=url)
            blow.strike = worker.kill
            return worker.wait(20) == -signal.SIGKILL

    return run


@pytest.mark.pitfall("J1")
@pytest.mark.parametrize(
    "points",
    [
        [(at, bool(at % 2)) for at in random.Random(0).sample(REQUESTS, 4)],
        pytest.param(
            [(at, answered) for at in REQUESTS for answered in (False, True)],
            marks=pytest.mark.deep,
        ),
    ],
    ids=["some", "all"],
)
def test_runs_every_job_when_workers_die_at_their_requests_to_redis(
    struck: Callable[[int, bool], bool],
    start_worker: StartWorker,
    uow: UnitOfWork,
    noted: Noted,
    points: list[tuple[int, bool]],
) -> None:
    for number, (at, answered) in enumerate(points):
        publish(uow, "subject", number)
        assert struck(at, answered), f"no request {at}"

    start_worker("events")
    expected = [f"event {number}" for number in range(len(points))]
    eventually(lambda: len(noted()) >= len(expected))
    assert noted() == expected


@pytest.mark.pitfall("J3")
@pytest.mark.parametrize("restarts", [3, pytest.param(40, marks=pytest.mark.deep)])
def test_loses_and_doubles_nothing_when_workers_are_replaced_under_load(
    start_worker: StartWorker, uow: UnitOfWork, noted: Noted, restarts: int
) -> None:
    worker = start_worker("events", run_seconds=0.05)
    published = 0

    def one_more() -> bool:
        """Publish as long as the workers keep up."""
        nonlocal published
        if published < len(noted()) + 10:
            publish(uow, "subject", published)
            published += 1
        return len(noted()) >= goal

    for _ in range(restarts):
        goal = published + 10
        eventually(one_more)
        successor = start_worker("events", run_seconds=0.05)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(10) == 0
        worker = successor

    eventually(lambda: len(noted()) >= published)
    assert noted() == [f"event {number}" for number in range(published)]


@pytest.mark.pitfall("J4")
def test_fires_each_timer_once_when_two_processes_keep_the_time(
    start_worker: StartWorker, uow: UnitOfWork, noted: Noted
) -> None:
    expected = sorted(f"timer {number}" for number in range(200))
    start_worker("timers")
    start_worker("timers")
    eventually(lambda: noted().count("tick") >= 2)

    with uow.begin() as tx:
        due = tx.now - timedelta(minutes=1)
        for what in expected:
            subject = what.removeprefix("timer ")
            schedule(tx, kind="note", subject=subject, clock=WALL, due_at=due)
        tx.commit()

    eventually(lambda: set(expected) <= set(noted()))
    assert sorted(what for what in noted() if what.startswith("timer ")) == expected


@pytest.mark.pitfall("J9")
def test_leaves_nothing_half_done_when_a_job_takes_too_long(
    start_worker: StartWorker, noted: Noted, redis_url: str
) -> None:
    with Redis.from_url(redis_url) as client:
        queue = Queue("slow", connection=client, serializer=JSONSerializer)
        queue.enqueue_call(ENTRY, args=("test.never_commit",), timeout=1)
    start_worker("slow")

    eventually(lambda: "over" in noted())
    assert "half" not in noted()
