"""Waiting for something to become true, never for a while."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_LOOK_EVERY_SECONDS = 0.05


class StoryFailed(Exception):
    """A story cannot go on; the message says what was expected and what was there instead."""


def until(probe: Callable[[], T | None], what: str, *, seconds: float = 20) -> T:
    """Look until `probe` answers something, and return it. Raises `StoryFailed` when it has not
    within `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        found = probe()
        if found is not None and found is not False:
            return found
        if time.monotonic() > deadline:
            raise StoryFailed(f"waited {seconds:g} s in vain: {what}")
        time.sleep(_LOOK_EVERY_SECONDS)
