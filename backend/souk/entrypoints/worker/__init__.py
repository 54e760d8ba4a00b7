"""The worker process."""

from souk.entrypoints.worker.process import UnknownQueue, WorkerParts, run_worker

__all__ = ["UnknownQueue", "WorkerParts", "run_worker"]
