"""How pictures stand, in numbers, and what came of a look at one block."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum

from souk.modules.media.domain.cid import Cid

QUARANTINE = timedelta(hours=1)
"""For so long nobody asks who gave other bytes than those of a CID."""


@dataclass(frozen=True, slots=True)
class ImageCounts:
    """Pictures by what became of them: those that may be shown, those that were deleted and whose
    bytes are still there, those of them that stay because somebody has bought what they show, and
    those whose bytes are gone."""

    shown: int
    deleted: int
    sold: int
    collected: int

    @classmethod
    def names(cls) -> Sequence[str]:
        """Of all of them."""
        return [each.name for each in fields(cls)]


@dataclass(frozen=True, slots=True)
class TargetCounts:
    """Blocks at one target: kept as far as is known, not asked for yet, and not to be had at the
    last look; and since when the oldest of the others waits."""

    target: str
    kept: int
    waiting: int
    failing: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class PinCounts:
    """The same of all targets together, without what is kept."""

    failing: int
    waiting: int

    def __str__(self) -> str:
        return f"{self.waiting} wait, {self.failing} fail"


@dataclass(frozen=True, slots=True)
class Standing:
    """All of that. `liars` are not asked for a while."""

    at: datetime
    images: ImageCounts
    blocks: int
    size: int
    pins: Sequence[TargetCounts]
    leaving: int
    liars: Sequence[str]


@dataclass(frozen=True, slots=True)
class Leaving:
    """A block that is being taken away, for the so manieth time."""

    cid: Cid
    attempts: int


class Back(StrEnum):
    """What becomes of blocks that are wanted, some of which may have been to go: nothing stands
    against them, their bytes have to be stored again, or they are just being taken away."""

    FREE = "free"
    AGAIN = "again"
    LATER = "later"


class Found(StrEnum):
    """What came of a look at a block: it was as it should be, it was not and is now, it is not to
    be had from anybody, or who has it could not be asked."""

    WHOLE = "whole"
    MENDED = "mended"
    LOST = "lost"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Looked:
    """A block where it lies with us, and at each target that could be asked."""

    cid: Cid
    own: Found
    targets: Mapping[str, Found]
