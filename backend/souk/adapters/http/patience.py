"""How long, and by how many threads, strangers' servers are waited for."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from souk.core.errors import ProviderUnavailable

AT_ONCE = 8
"""How many threads of a process may wait: much less than the forty that answer requests, of which
servers that take their time would otherwise soon have all."""


class Patience:
    """An instant after which no stranger is asked anything any more."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def left(self, at_most: float) -> float:
        """How many seconds there are for one more request. Raises `ProviderUnavailable` when there
        are none."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise ProviderUnavailable("the servers that were asked took too long together")
        return min(left, at_most)


class Turns:
    """Seats for those who wait."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._seats = BoundedSemaphore(at_once)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for strangers inside of this. Raises `ProviderUnavailable` at once when too many do
        so already."""
        if not self._seats.acquire(blocking=False):
            raise ProviderUnavailable("too many wait for servers of strangers; ask again")
        try:
            yield
        finally:
            self._seats.release()
