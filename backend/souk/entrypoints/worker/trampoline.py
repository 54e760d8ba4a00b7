"""The one function that RQ calls."""

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass

from souk.core.errors import ProviderUnavailable, UnavailableError
from souk.core.jobs import KeepOn, Loop, pause

_log = logging.getLogger(__name__)

ENTRY = f"{__name__}.run"
AFTER_FAILURE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Work:
    """What this process may run, by the names of the jobs."""

    loops: Mapping[str, Loop]
    keep_on: KeepOn
    succeed: Callable[[], None]


work: ContextVar[Work] = ContextVar("souk_worker_work")


def run(job: str) -> None:
    """One run of a loop, then its successor onto the queue. A loop that fails is logged and
    runs again, since what made it fail is either passing or will be seen in the log."""
    current = work.get()
    try:
        current.loops[job].run(current.keep_on)
    except UnavailableError as error:
        _log.warning("%s: %s", job, error)
        pause(AFTER_FAILURE_SECONDS, current.keep_on)
    except Exception:
        _log.exception("%s failed", job)
        pause(AFTER_FAILURE_SECONDS, current.keep_on)
    if current.keep_on():
        # Should Redis be away, the worker puts the successor there before it takes a job.
        with suppress(ProviderUnavailable):
            current.succeed()
