"""How far an endpoint is to be trusted, by what it did: one number, and when it is looked at again.

A fault costs part of the score and a good look gives some of it back. At nothing the endpoint is in
quarantine, each time for twice as long; the first good look after it puts it on probation, where
the next fault ends what little it was given back.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

ENDPOINTS_FOR_QUORUM = 3
"""With fewer, one that disagrees stops everything, and two say no more than one."""

FULL_SCORE = 100
SCORE_A_LOOK = 20
QUARANTINE_SECONDS = 5.0
MAX_QUARANTINE_SECONDS = 300.0


def quorum_of(count: int, asked: int) -> int:
    """How many of so many endpoints have to give a block before it is taken in, where `asked` is
    what the operator wants: all, where there are fewer than that."""
    return min(asked, count) if count >= ENDPOINTS_FOR_QUORUM else 1


class Fault(StrEnum):
    """What may be held against an endpoint."""

    FAILS = "fails"
    REFUSED = "refused"
    OTHER_BRANCH = "other_branch"
    LAGS = "lags"
    OTHER_CHAIN = "other_chain"
    CONTRADICTED = "contradicted"
    SILENT = "silent"

    @property
    def cost(self) -> int:
        """All of the score for what no honest endpoint does. A third of it for what may befall any,
        such as a window that was too large, or a block that was replaced while it was read."""
        return FULL_SCORE if self in (Fault.OTHER_CHAIN, Fault.CONTRADICTED) else 34


class EndpointKind(StrEnum):
    """Whether an endpoint is asked, or announces new blocks by itself."""

    HTTP = "http"
    WEBSOCKET = "websocket"


class Standing(StrEnum):
    """What follows from a score."""

    WELL = "well"
    PROBATION = "probation"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Health:
    """The score of one endpoint, the fault that was held against it last, and from when on one that
    is in quarantine may be looked at, on the clock of whoever asks."""

    score: int = FULL_SCORE
    fault: Fault | None = None
    quarantines: int = 0
    until: float = 0.0

    def after(self, fault: Fault | None, now: float) -> "Health":
        """The health after a good look, or after a fault."""
        if fault is None:
            score = min(FULL_SCORE, self.score + SCORE_A_LOOK)
            return Health() if score == FULL_SCORE else replace(self, score=score)
        score = max(0, self.score - fault.cost)
        if score > 0:
            return replace(self, score=score, fault=fault)
        seconds = min(QUARANTINE_SECONDS * 2**self.quarantines, MAX_QUARANTINE_SECONDS)
        quarantines = min(self.quarantines + 1, 10)
        return Health(0, fault, quarantines, now + seconds)


@dataclass(frozen=True, slots=True)
class EndpointState:
    """How one endpoint is, as it is shown: its place in the configuration, from 1 on, and its
    newest block. Its address is no part of that, for it may hold a key."""

    kind: EndpointKind
    number: int
    score: int
    fault: Fault | None
    head: int | None

    @property
    def standing(self) -> Standing:
        """What follows from the score."""
        return standing(self.score)


def standing(score: int) -> Standing:
    """Whether an endpoint with this score may be asked, and whether it is watched."""
    if score == 0:
        return Standing.QUARANTINED
    return Standing.WELL if score == FULL_SCORE else Standing.PROBATION
