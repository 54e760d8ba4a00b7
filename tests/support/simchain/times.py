"""Time that passes only when somebody waits."""

from tests.support.clock import MovableClock


class VirtualTime:
    """What a `Pace` needs, and the wall clock that goes with it."""

    def __init__(self, clock: MovableClock) -> None:
        self._clock = clock
        self._passed = 0.0

    def monotonic(self) -> float:
        """Seconds since the beginning."""
        return self._passed

    def pass_by(self, seconds: float) -> None:
        """It is so much later at once."""
        self._passed += seconds
        self._clock.advance(seconds=seconds)
