"""What sellers need from outside."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class IdentityRequest:
    """A check that has begun. `url` is where the seller goes on with it; `None` where there is
    nothing to do but to wait."""

    reference: str
    url: str | None


class CheckState(StrEnum):
    """How far a check has come. One that has failed may still be passed, one that was passed stays
    so."""

    OPEN = "open"
    UNDER_WAY = "under_way"
    PASSED = "passed"
    FAILED = "failed"
    CALLED_OFF = "called_off"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityFinding:
    """What a check of `seller_id` says now: nothing about the person, save a `code` for why it has
    failed. `url` is there while the seller has to go on."""

    reference: str
    seller_id: str
    state: CheckState
    code: str | None = None
    url: str | None = None


class IdentityCheck(Protocol):
    """Finds out who a seller is. What reaches outside refuses to run inside a transaction, and
    raises `ProviderUnavailable`, `ProviderRejected` or `OutcomeUnknown`."""

    def begin(self, seller_id: str, *, key: str) -> IdentityRequest:
        """Begin to check a seller; the same key finds what began under it. Reaches outside."""
        ...

    def look_up(self, reference: str) -> IdentityFinding | None:
        """How a check stands now; `None` for one that is not known here, and where people say what
        they found through the API. Reaches outside."""
        ...

    def read(self, message: bytes) -> str | None:
        """The reference of the check that a message concerns, whose sender was verified before.
        Pure."""
        ...
