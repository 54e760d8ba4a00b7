"""How settled a payment has to be on its chain before its order counts as paid."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from souk.core.money import USD, Money
from souk.modules.chain.domain import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalityPolicy:
    """What is asked of payments on a chain: the levels above `confirmed`, each `since` so many US
    cents, and how many `seconds` a block needs to reach a level. All that is paid in one attempt
    is one amount: it comes in one transaction, and would be gone with it."""

    since: Mapping[Level, int] = field(default_factory=dict)
    seconds: Mapping[Level, int] = field(default_factory=lambda: dict.fromkeys(Level, 60))

    def level(self, cents: int) -> Level:
        """The strictest level that is asked of this amount."""
        asked = [level for level, least in self.since.items() if cents >= least]
        return max(asked, key=lambda level: level.rank, default=Level.CONFIRMED)

    def seconds_for(self, cents: int) -> int:
        """How long a block needs until a payment of this amount in it counts."""
        return self.seconds[self.level(cents)]

    def describe(self) -> list[dict[str, object]]:
        """Each level that is asked of some amount, the smallest amount first, for a client."""
        steps = {Level.CONFIRMED: 0, **self.since}
        return [
            {
                "level": level,
                "since": Money(least, USD).to_json(),
                "seconds_to_finality": self.seconds[level],
            }
            for level, least in sorted(steps.items(), key=lambda step: step[0].rank)
            if self.level(least) is level
        ]
