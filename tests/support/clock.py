"""A clock that a test moves."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class MovableClock:
    """Stands still until told otherwise."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now

    def now(self) -> datetime:
        """The present instant of this test."""
        return self._now

    def advance(self, **duration: float) -> datetime:
        """Move on by a `timedelta`'s arguments, such as `minutes=15`."""
        self._now += timedelta(**duration)
        return self._now
