"""Rule 5 for jobs: they start from the outbox and the worker, and travel as JSON."""

import pytest

from .robots.queues import find_enqueues, find_object_streams, find_unsafe_serializers
from .robots.tree import SOUK, listing, snippet, sources

ENQUEUE = "def f(queue):\n    queue.enqueue('q', 'job', job_id='1')\n"


@pytest.mark.pitfall("J6")
def test_enqueues_only_from_the_outbox_relay_and_the_worker() -> None:
    assert listing(find_enqueues(sources("backend"))) == ""


@pytest.mark.pitfall("J7")
def test_gives_rq_the_json_serializer_everywhere() -> None:
    assert listing(find_unsafe_serializers(sources("backend", "tests", "scripts"))) == ""


@pytest.mark.pitfall("J7")
def test_imports_nothing_that_revives_objects() -> None:
    assert listing(find_object_streams(sources("backend", "tests", "scripts"))) == ""


@pytest.mark.parametrize("part", ["modules/orders/service.py", "core/timers.py", "bootstrap.py"])
def test_flags_an_enqueue_when_it_is_outside_the_worker(part: str) -> None:
    assert "enqueue" in listing(find_enqueues([snippet(ENQUEUE, f"{SOUK}/{part}")]))


@pytest.mark.parametrize("part", ["entrypoints/worker/ticks.py", "adapters/redis/jobs.py"])
def test_passes_an_enqueue_when_the_worker_does_it(part: str) -> None:
    assert listing(find_enqueues([snippet(ENQUEUE, f"{SOUK}/{part}")])) == ""


@pytest.mark.parametrize(
    "text",
    [
        "from rq import Queue\nQueue('q', connection=c)\n",
        "from rq.worker import SimpleWorker\nSimpleWorker(['q'], serializer=DefaultSerializer)\n",
        "import rq\nrq.Worker(['q'])\n",
        "from rq.job import Job\nJob.fetch('1', connection=c)\n",
        "from rq.registry import FailedJobRegistry\nFailedJobRegistry('q', connection=c)\n",
    ],
)
def test_flags_rq_when_no_json_serializer_is_given(text: str) -> None:
    assert "JSONSerializer" in listing(find_unsafe_serializers([snippet(text)]))


@pytest.mark.parametrize(
    "text",
    [
        "from rq import Queue\nQueue('q', serializer=JSONSerializer)\n",
        "import rq.serializers\nrq.Worker(['q'], serializer=rq.serializers.JSONSerializer)\n",
        "from queue import Queue\nQueue()\n",
        "from rq.job import Job\ndef f(job: Job): job.save()\n",
    ],
)
def test_passes_rq_when_json_is_given_or_not_at_stake(text: str) -> None:
    assert listing(find_unsafe_serializers([snippet(text)])) == ""


@pytest.mark.parametrize(
    "text", ["import pickle\n", "from pickle import loads\n", "import shelve as s\n"]
)
def test_flags_an_import_when_it_revives_objects(text: str) -> None:
    assert listing(find_object_streams([snippet(text)])) != ""
