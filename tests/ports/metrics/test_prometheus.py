"""Counts in the text format, of one process and of several."""

import subprocess
import sys
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from souk.adapters.prometheus.metrics import PrometheusMetrics
from souk.core.metrics import Reading

# As the API does it: everything is loaded, then the processes are forked, and any of them may be
# the one that is asked.
_SEVERAL = """
import multiprocessing, pathlib, sys
from souk.adapters.prometheus.metrics import PrometheusMetrics, share_counts

def count(times):
    metrics = PrometheusMetrics()
    for _ in range(times):
        metrics.count_request(method="GET", route="/x", status="200", seconds=0.3)

share_counts(pathlib.Path(sys.argv[1]))
forked = multiprocessing.get_context("fork")
processes = [forked.Process(target=count, args=(times,)) for times in (2, 3)]
for process in processes:
    process.start()
for process in processes:
    process.join()
sys.stdout.buffer.write(PrometheusMetrics().expose([], {}))
"""


def values(body: str) -> dict[str, float]:
    """By name and labels, which stand in the order of their names."""
    return {
        " ".join(
            [sample.name, *(value for _, value in sorted(sample.labels.items()))]
        ): sample.value
        for family in text_string_to_metric_families(body)
        for sample in family.samples
    }


def test_sums_up_what_all_processes_counted(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SEVERAL, str(tmp_path)], capture_output=True, check=True
    )

    found = values(done.stdout.decode())

    assert found["souk_http_requests_total GET /x 200"] == 5
    assert found["souk_http_request_seconds_bucket 0.25 GET /x 200"] == 0
    assert found["souk_http_request_seconds_bucket 0.5 GET /x 200"] == 5
    assert b"all API processes" in done.stdout


def test_writes_every_gauge_with_its_meaning_and_what_was_read() -> None:
    readings = [Reading("a_gauge", {"kind": "x"}, 2), Reading("a_gauge", {"kind": "y"}, 0.5)]

    body = PrometheusMetrics().expose(readings, {"a_gauge": "of a test", "silent": "never read"})

    found = values(body.decode())
    assert (found["a_gauge x"], found["a_gauge y"]) == (2, 0.5)
    assert b"# HELP a_gauge of a test\n" in body
    assert b"# HELP silent never read\n" in body


def test_keeps_the_counts_of_two_applications_in_one_process_apart() -> None:
    one, other = PrometheusMetrics(), PrometheusMetrics()

    one.count_request(method="GET", route="/x", status="200", seconds=0.1)

    assert values(other.expose([], {}).decode()) == {}
