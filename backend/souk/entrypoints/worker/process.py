"""One process, one queue, one loop: `souk worker <queue>`.

The job runs in this very process: killing it kills the job, nothing is forked while connections
are open, and there is no second process that could be left behind. Whatever Redis forgets is
put back, because the process looks before each job whether its successor waits.
"""

import logging
import signal
from collections.abc import Mapping
from contextlib import suppress
from types import FrameType
from typing import Protocol

from redis import Redis
from redis.exceptions import RedisError
from rq.exceptions import DequeueTimeout, StopRequested
from rq.job import Job
from rq.queue import Queue
from rq.serializers import JSONSerializer
from rq.timeouts import UnixSignalDeathPenalty
from rq.worker import SimpleWorker

from souk.adapters.redis.connections import connect
from souk.adapters.redis.job_queue import RqJobQueue
from souk.core.errors import ProviderUnavailable, RejectedError
from souk.core.garbage import keep_what_is_loaded
from souk.core.jobs import Loop, pause
from souk.core.ports import JobQueue
from souk.entrypoints.worker.trampoline import ENTRY, Work, work

_log = logging.getLogger(__name__)

DEQUEUE_SECONDS = 1
REDIS_TIMEOUT_SECONDS = 15.0
RETRY_SECONDS = 0.5
# RQ waits for a job, and on its socket, in proportion to this.
WORKER_TTL_SECONDS = 16


class UnknownQueue(RejectedError):
    """No loop belongs to a queue of this name."""

    code = "unknown_queue"


class WorkerParts(Protocol):
    """What a worker needs from the composition root."""

    @property
    def redis_url(self) -> str:
        """Where the queues are."""
        ...

    @property
    def loops(self) -> Mapping[str, Loop]:
        """The loop of each queue: `events`, `timers`, `webhooks`, `chain-<id>`."""
        ...


class StopFlag:
    """Set by SIGTERM and SIGINT; everything that runs looks at it."""

    def __init__(self) -> None:
        self._asked = False

    def keep_on(self) -> bool:
        """Whether nobody has asked to stop."""
        return not self._asked

    def ask(self, _signal: int, _frame: FrameType | None) -> None:
        """The signal handler."""
        self._asked = True


class LoopWorker(SimpleWorker):
    """RQ's worker, with three things of its own: signals only set a flag, so that none can fall
    between taking a job and beginning it; it refills its queue; it takes no commands from
    Redis."""

    death_penalty_class = UnixSignalDeathPenalty

    def __init__(self, queue: Queue, connection: Redis, current: Work) -> None:
        super().__init__(
            [queue],
            connection=connection,
            serializer=JSONSerializer,
            worker_ttl=WORKER_TTL_SECONDS,
            log_job_description=False,
        )
        self._current = current

    def dequeue_job_and_maintain_ttl(
        self, timeout: int | None, max_idle_time: int | None = None
    ) -> tuple[Job, Queue]:
        """The next job of the queue, which is refilled until there is one."""
        del timeout, max_idle_time
        self.set_state("idle")
        while self._current.keep_on():
            self.heartbeat()
            if self.should_run_maintenance_tasks:
                self.run_maintenance_tasks()  # type: ignore[no-untyped-call]  # so in RQ
            self._current.succeed()
            with suppress(DequeueTimeout):
                found = self.queue_class.dequeue_any(
                    self.queues,
                    DEQUEUE_SECONDS,
                    connection=self.connection,
                    job_class=self.job_class,
                    serializer=self.serializer,
                    death_penalty_class=self.death_penalty_class,
                )
                if found is not None:
                    return found
        raise StopRequested

    def subscribe(self) -> None:
        """Commands over Redis (stop a job, kill a horse) are not taken."""

    def unsubscribe(self) -> None:
        """There is nothing to unsubscribe from."""

    def procline(self, message: str) -> None:
        """The process keeps its name."""

    def _install_signal_handlers(self) -> None:
        """The process has its own."""


def run_worker(parts: WorkerParts, queue: str) -> int:
    """Run the loop of one queue until asked to stop; returns the exit code.

    Redis may be away for as long as it likes: the process waits for it. Raises `UnknownQueue`.
    """
    loop = parts.loops.get(queue)
    if loop is None:
        known = ", ".join(sorted(parts.loops))
        raise UnknownQueue(f"there is no queue {queue}; there are {known}")
    stop = StopFlag()
    signal.signal(signal.SIGTERM, stop.ask)
    signal.signal(signal.SIGINT, stop.ask)
    redis = connect(parts.redis_url, timeout_seconds=REDIS_TIMEOUT_SECONDS)
    jobs = RqJobQueue(redis, entry=ENTRY)
    current = Work({loop.name: loop}, stop.keep_on, lambda: _succeed(jobs, queue, loop.name))
    token = work.set(current)
    keep_what_is_loaded()
    try:
        while stop.keep_on():
            _work(redis, queue, current)
            pause(RETRY_SECONDS, stop.keep_on)
    finally:
        work.reset(token)
        redis.close()
    return 0


def _succeed(jobs: JobQueue, queue: str, job: str) -> None:
    jobs.enqueue(queue, job, job_id=job)


def _work(redis: Redis, queue: str, current: Work) -> None:
    """Work until asked to stop or until Redis fails, which RQ's worker answers by quitting."""
    try:
        rq_queue = Queue(queue, connection=redis, serializer=JSONSerializer)
        LoopWorker(rq_queue, redis, current).work(logging_level="WARNING")
    except (RedisError, OSError, ProviderUnavailable) as error:
        _log.warning("queue %s: Redis fails (%s)", queue, type(error).__name__)
