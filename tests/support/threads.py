"""Several threads that start at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

T = TypeVar("T")


def at_once(count: int, act: Callable[[int], T]) -> list[T | Exception]:
    """Run `act(0)` ... `act(count - 1)` in as many threads, released together; the answers and
    refusals in that order."""
    barrier = Barrier(count)

    def run(number: int) -> T | Exception:
        barrier.wait(timeout=30)
        try:
            return act(number)
        except Exception as refusal:
            return refusal

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
