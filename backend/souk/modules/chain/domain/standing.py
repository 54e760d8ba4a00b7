"""Where a watcher stands, for people."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class OpenGap:
    """Blocks that exist and cannot be read."""

    first: int
    last: int
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class OpenIncident:
    """What the watcher asks a person about."""

    reason: str
    detail: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class WatcherStanding:
    """How far a chain is taken in, and what is open. `head` is the newest block that was taken in,
    -1 before the first; `lease_owner` is `None` while nobody holds the lease. `standing` counts the
    facts at each level; `unproved` those transactions whose proof is wanted, `proof_failure` says
    why the last of them failed."""

    chain_id: int
    head: int
    head_hash: str | None
    head_at: datetime | None
    confirmed: int
    safe: int
    final: int
    lease_epoch: int
    lease_owner: str | None
    lease_until: datetime | None
    advanced_at: datetime | None
    standing: dict[str, int]
    gaps: tuple[OpenGap, ...]
    incidents: tuple[OpenIncident, ...]
    unproved: int
    proof_failure: str | None

    @property
    def troubled(self) -> bool:
        """Whether somebody has to look."""
        return bool(self.gaps or self.incidents or self.proof_failure)
