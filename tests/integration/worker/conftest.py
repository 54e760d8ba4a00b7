"""Worker processes that a test may kill."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from tests.support.worker_process import TABLE

Worker = subprocess.Popen[bytes]
StartWorker = Callable[..., Worker]


@pytest.fixture
def noted(engine: Engine) -> Callable[[], list[str]]:
    """What worker processes have written so far."""
    with engine.begin() as connection:
        connection.execute(text(TABLE))

    def read() -> list[str]:
        with engine.connect() as connection:
            return list(connection.scalars(text("SELECT what FROM noted ORDER BY id")))

    return read


@pytest.fixture
def start_worker(
    database_url: str, redis_url: str, noted: object, tmp_path: Path
) -> Iterator[StartWorker]:
    """Starts a worker for a queue; all that are left are killed in the end."""
    started: list[Worker] = []

    def start(queue: str, *, run_seconds: float = 30, redis: str = redis_url) -> Worker:
        command = [sys.executable, "-m", "tests.support.worker_process"]
        with (tmp_path / f"worker-{len(started)}.log").open("wb") as log:
            worker = subprocess.Popen(
                [*command, queue, database_url, redis, str(run_seconds)],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.kill()
        worker.wait()
