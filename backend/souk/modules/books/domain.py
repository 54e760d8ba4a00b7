"""What is looked at when the books are checked."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class FollowedTo:
    """Up to which block a chain was followed; `place` is its CAIP-2 name."""

    place: str
    number: int
    hash: str
    at: datetime
