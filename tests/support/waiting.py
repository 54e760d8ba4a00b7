"""Waiting for a condition with a deadline, never for a while."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(probe: Callable[[], T], *, seconds: float = 10, what: str = "") -> T:
    """Poll until `probe` answers something true, and return it; `AssertionError` when it has not
    by the deadline. An `AssertionError` of the probe counts as not yet."""
    deadline = time.monotonic() + seconds
    while True:
        found, doubt = _ask(probe)
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what or probe}") from doubt
        time.sleep(0.02)


def _ask(probe):
    try:
        return probe(), None
    except AssertionError as doubt:
        return None, doubt
