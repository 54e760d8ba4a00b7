"""Requests to the card provider are spread over time."""

from souk.adapters.stripe.bucket import TokenBucket


class Time:
    """A clock that goes on while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def read(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def bucket(time: Time, *, rate: float = 10, burst: int = 2) -> TokenBucket:
    return TokenBucket(rate, burst, clock=time.read, sleep=time.sleep)


def test_burst_passes_at_once() -> None:
    time = Time()
    tokens = bucket(time)
    assert [tokens.take(0) for _ in range(3)] == [True, True, False]


def test_turn_comes_later_when_the_burst_is_used_up() -> None:
    time = Time()
    tokens = bucket(time)
    for _ in range(7):
        assert tokens.take(1)
    assert round(time.now, 6) == 0.5


def test_nobody_waits_when_the_turn_would_come_too_late() -> None:
    time = Time()
    tokens = bucket(time, rate=1)
    for _ in range(2):
        tokens.take(0)
    assert not tokens.take(0.9)
    assert time.now == 0


def test_refusal_takes_no_turn() -> None:
    time = Time()
    tokens = bucket(time, rate=1)
    taken = [tokens.take(0) for _ in range(50)]
    time.now = 1.0
    assert (taken.count(True), tokens.take(0)) == (2, True)


def test_pause_saves_no_more_than_the_burst() -> None:
    time = Time()
    tokens = bucket(time)
    time.now = 1_000.0
    assert [tokens.take(0) for _ in range(3)] == [True, True, False]
