"""What the record of a chain shows to those who compare it with the chain."""

from dataclasses import dataclass
from datetime import datetime

from souk.modules.chain.domain.facts import Level, Sighting


@dataclass(frozen=True, slots=True)
class SettledBlock:
    """A block at the level at which facts count; `at` is its own time, `settled_at` when it came
    to that level, by our clock."""

    number: int
    hash: str
    at: datetime
    settled_at: datetime


@dataclass(frozen=True, slots=True)
class StandingFact:
    """A fact that stands in a canonical block, under the names by which it was told, and when its
    block was taken in."""

    effect_id: str
    observation_id: str
    level: Level
    sighting: Sighting
    observed_at: datetime
