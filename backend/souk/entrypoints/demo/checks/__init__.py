"""What must be true after the stories: pure functions over what was seen.

A check answers with nothing when it holds and with what it found instead when it does not.
"""

from souk.entrypoints.demo.checks import (
    by_card,
    cart,
    door,
    expired,
    named,
    orphaned,
    released,
    whole,
    window,
)
from souk.entrypoints.demo.checks.check import NOT_PLAYED, Check, Failure, judge

CHECKS: tuple[Check, ...] = (
    *released.CHECKS,
    *cart.CHECKS,
    *expired.CHECKS,
    *window.CHECKS,
    *orphaned.CHECKS,
    *by_card.CHECKS,
    *named.CHECKS,
    *door.CHECKS,
    *whole.CHECKS,
)

__all__ = ["CHECKS", "NOT_PLAYED", "Check", "Failure", "judge"]
