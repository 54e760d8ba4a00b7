"""The `JobQueue` over RQ."""

import re
from uuid import uuid4

from redis import Redis
from redis.exceptions import WatchError
from rq import Queue
from rq.serializers import JSONSerializer

from souk.adapters.redis.connections import asking

TIMEOUT_SECONDS = 120
FAILURE_SECONDS = 3_600
_NOT_IN_IDS = re.compile(r"[^A-Za-z0-9_-]")
_RUN = re.compile(r"-[0-9a-f]{32}")


class RqJobQueue:
    """Starts jobs by name: what RQ calls is always the one function `entry`, given as a dotted
    path, with the job's name as its argument.

    RQ remembers a job by its id while it waits and while it runs, also after the process that
    ran it was killed. So each enqueueing gets an id of its own, made of the job's and something
    random, and only waiting jobs count as being there.
    """

    def __init__(self, redis: Redis, *, entry: str) -> None:
        self._redis = redis
        self._entry = entry

    def enqueue(self, queue: str, job: str, *, job_id: str) -> None:
        """Put a job on a queue unless one with this id waits there already."""
        rq_queue = Queue(queue, connection=self._redis, serializer=JSONSerializer)
        name = _NOT_IN_IDS.sub("-", job_id)
        with asking("the job queue"):
            while not self._try(rq_queue, job, name):
                pass

    def _try(self, rq_queue: Queue, job: str, name: str) -> bool:
        """One attempt; `False` when somebody changed the queue meanwhile."""
        with self._redis.pipeline() as pipeline:
            pipeline.watch(rq_queue.key)  # type: ignore[no-untyped-call]  # so in redis-py
            if _waits(rq_queue, name):
                return True
            pipeline.multi()
            rq_queue.enqueue_call(
                self._entry,
                args=(job,),
                timeout=TIMEOUT_SECONDS,
                result_ttl=0,
                failure_ttl=FAILURE_SECONDS,
                description=job,
                job_id=f"{name}-{uuid4().hex}",
                pipeline=pipeline,
            )
            try:
                pipeline.execute()
            except WatchError:
                return False
        return True


def _waits(rq_queue: Queue, name: str) -> bool:
    return any(
        waiting.startswith(name) and _RUN.fullmatch(waiting, len(name)) is not None
        for waiting in rq_queue.get_job_ids()
    )
