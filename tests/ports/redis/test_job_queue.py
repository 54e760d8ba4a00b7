"""The job queue: one waiting job an id, whatever ran or died before."""

import pytest
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from souk.adapters.redis.connections import connect
from souk.adapters.redis.job_queue import RqJobQueue
from souk.core.errors import ProviderUnavailable
from souk.core.ports import JobQueue
from tests.support.threads import at_once


@pytest.fixture
def redis(redis_url: str):
    with connect(redis_url, timeout_seconds=5) as client:
        yield client


@pytest.fixture
def jobs(redis: Redis) -> JobQueue:
    return RqJobQueue(redis, entry="souk.nowhere.run")


def waiting(redis: Redis, name: str = "q") -> list[tuple[str, tuple[str, ...]]]:
    found = Queue(name, connection=redis, serializer=JSONSerializer).get_jobs()
    return [(job.func_name, tuple(job.args)) for job in found]


def test_carries_the_name_of_the_job_alone(jobs: JobQueue, redis: Redis) -> None:
    jobs.enqueue("q", "core.drain_outbox", job_id="core.drain_outbox")

    assert waiting(redis) == [("souk.nowhere.run", ("core.drain_outbox",))]


def test_adds_nothing_when_the_same_job_waits(jobs: JobQueue, redis: Redis) -> None:
    jobs.enqueue("q", "a.b", job_id="a.b")
    jobs.enqueue("q", "a.b", job_id="a.b")
    jobs.enqueue("q", "a.b", job_id="a")

    assert len(waiting(redis)) == 2


@pytest.mark.pitfall("J2")
def test_adds_a_job_when_the_one_before_was_taken_and_never_ended(
    jobs: JobQueue, redis: Redis
) -> None:
    jobs.enqueue("q", "a.b", job_id="a.b")
    redis.lpop("rq:queue:q")

    jobs.enqueue("q", "a.b", job_id="a.b")

    assert len(waiting(redis)) == 1


def test_adds_one_job_when_many_ask_at_once(jobs: JobQueue, redis: Redis) -> None:
    at_once(8, lambda _n: jobs.enqueue("q", "a.b", job_id="a.b"))

    assert len(waiting(redis)) == 1


def test_is_unavailable_without_naming_the_address_when_redis_is_away() -> None:
    away = RqJobQueue(connect("redis://:secret@127.0.0.1:1/0", timeout_seconds=1), entry="x.y")

    with pytest.raises(ProviderUnavailable) as failure:
        away.enqueue("q", "a.b", job_id="a.b")
    assert "secret" not in str(failure.value)
    assert "127.0.0.1" not in str(failure.value)
