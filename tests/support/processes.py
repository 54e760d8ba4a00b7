"""Looking at processes that may end at any moment."""

from collections.abc import Iterable

import psutil


def gone(processes: Iterable[psutil.Process]) -> bool:
    """Whether none of them runs any more; one that waits to be buried does not run."""
    return not any(_runs(process) for process in processes)


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
