"""A token bucket: requests are spread so that the provider's limit is not run into."""

import threading
import time
from collections.abc import Callable


class TokenBucket:
    """At most `rate` a second over time, and `burst` at once; shared by the threads of a process.

    Time comes from a monotonic clock in seconds."""

    def __init__(
        self,
        rate: float,
        burst: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._tokens = float(burst)
        self._at = clock()

    def take(self, patience_seconds: float) -> bool:
        """Wait for a turn; `False` at once when it would not come within `patience_seconds`."""
        with self._lock:
            now = self._clock()
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
            self._at = now
            wait = max(0.0, (1 - self._tokens) / self._rate)
            if wait > patience_seconds:
                return False
            # A turn that is still to come is taken already, so that turns come one by one.
            self._tokens -= 1
        if wait:
            self._sleep(wait)
        return True
