"""Metrics in the text format of Prometheus.

The API runs as several processes behind one address, so that a scraper meets another one each
time. Their counts are therefore kept in files of one directory, and whoever is asked sums them up.
Counts of a process that ended stay in the sum.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, values
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from souk.core.metrics import Metrics, Reading

_LABELS = ("method", "route", "status")
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"


def share_counts(directory: Path) -> None:
    """Have this process, and those that it starts from now on, keep their counts in a directory
    that is empty. Called before anything is counted."""
    # The library looks at the variable when it is loaded, which was before a process that is
    # forked could be told.
    os.environ[_DIRECTORY] = str(directory)
    values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call]  # the library's


class PrometheusMetrics(Metrics):
    """Counts of this process, or of all that share a directory."""

    media_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self._directory = os.environ.get(_DIRECTORY)
        self._own = CollectorRegistry()
        whose = "by this process" if self._directory is None else "by all API processes here"
        self._answered = Counter(
            "souk_http_requests",
            f"Requests that were answered {whose}, by template of the address",
            _LABELS,
            registry=self._own,
        )
        self._seconds = Histogram(
            "souk_http_request_seconds",
            f"Seconds until an answer began, measured {whose}",
            _LABELS,
            buckets=_BUCKETS,
            registry=self._own,
        )

    def count_request(self, *, method: str, route: str, status: str, seconds: float) -> None:
        """A request was answered."""
        self._answered.labels(method, route, status).inc()
        self._seconds.labels(method, route, status).observe(seconds)

    def expose(self, readings: Sequence[Reading], meanings: Mapping[str, str]) -> bytes:
        """Counts first, then gauges."""
        gauges = CollectorRegistry()
        gauges.register(_Gauges(readings, meanings))
        return generate_latest(self._counts()) + generate_latest(gauges)

    def _counts(self) -> CollectorRegistry:
        if self._directory is None:
            return self._own
        shared = CollectorRegistry()
        MultiProcessCollector(shared, self._directory)  # type: ignore[no-untyped-call]  # the same
        return shared


class _Gauges(Collector):
    """Readings as the library takes them; every gauge is named, also one without a number."""

    def __init__(self, readings: Sequence[Reading], meanings: Mapping[str, str]) -> None:
        self._readings = readings
        self._meanings = meanings

    def collect(self) -> Iterable[Metric]:
        """One family a gauge."""
        for name, meaning in self._meanings.items():
            mine = [reading for reading in self._readings if reading.name == name]
            family = GaugeMetricFamily(
                name, meaning, labels=sorted({label for one in mine for label in one.labels})
            )
            for reading in mine:
                labels = [value for _label, value in sorted(reading.labels.items())]
                family.add_metric(labels, reading.value)
            yield family
