"""What may be known of a block at one target."""

from dataclasses import dataclass
from enum import StrEnum

from souk.modules.media.domain.cid import Cid

_LONGEST_SECONDS = 3_600.0


class PinState(StrEnum):
    """How far a target says that it is with keeping a block. A word is no proof: only bytes that
    were read back are."""

    ABSENT = "absent"
    PENDING = "pending"
    PINNED = "pinned"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class DuePin:
    """A block to be looked at, at one target. `attempts` counts those since it was last seen to be
    kept, this one among them."""

    cid: Cid
    target: str
    attempts: int
    was_kept: bool


def wait_seconds(attempts: int) -> float:
    """How long to wait after so many attempts in vain: twice as long each time, up to an hour."""
    return min(2.0 ** min(attempts, 12), _LONGEST_SECONDS)
