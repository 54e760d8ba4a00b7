"""Where a store stands with the platform: whether it may sell, and whether it is known who sells.

The two tables are the only description of what may follow what, and who may have it so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from souk.modules.sellers.errors import StandingConflict


class SellerStatus(StrEnum):
    """Whether a store may sell. A draft is seen by its owner alone, and so is what waits for staff
    to look at it."""

    DRAFT = "draft"
    PENDING = "pending"
    APPROVED = "approved"
    SUSPENDED = "suspended"


class Verification(StrEnum):
    """Whether it is known who the seller is."""

    UNVERIFIED = "unverified"
    PENDING = "in_review"
    VERIFIED = "verified"
    REJECTED = "rejected"


class Mover(StrEnum):
    """Who moved a standing. `system` opened the store, and takes in what a check has found."""

    SELLER = "seller"
    STAFF = "staff"
    SYSTEM = "system"


class Aspect(StrEnum):
    """Which of the two a step is about."""

    STATUS = "status"
    VERIFICATION = "verification"


Standing = SellerStatus | Verification
_S, _V = SellerStatus, Verification
_BOTH = frozenset({Mover.SELLER, Mover.STAFF})
_SELLER = frozenset({Mover.SELLER})
_STAFF = frozenset({Mover.STAFF})
_SYSTEM = frozenset({Mover.SYSTEM})

STEPS: Mapping[tuple[Standing, Standing], frozenset[Mover]] = {
    (_S.DRAFT, _S.PENDING): _SELLER,
    (_S.PENDING, _S.DRAFT): _BOTH,
    (_S.PENDING, _S.APPROVED): _STAFF,
    (_S.PENDING, _S.SUSPENDED): _STAFF,
    (_S.APPROVED, _S.SUSPENDED): _STAFF,
    (_S.SUSPENDED, _S.APPROVED): _STAFF,
    (_V.UNVERIFIED, _V.PENDING): _SELLER,
    (_V.REJECTED, _V.PENDING): _SELLER,
    (_V.PENDING, _V.VERIFIED): _STAFF | _SYSTEM,
    (_V.PENDING, _V.REJECTED): _STAFF | _SYSTEM,
    (_V.REJECTED, _V.VERIFIED): _SYSTEM,
    (_V.VERIFIED, _V.REJECTED): _STAFF,
}
"""Who may have which step. What a check has found counts only while the newest step is its own, so
that it is passed after it has failed, and never undoes what people decided."""

SHOWN = frozenset({_S.APPROVED, _S.SUSPENDED})
"""The stores whose page everybody sees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Who wants a step, and why. `evidence` is plain values for whoever asks later."""

    mover: Mover
    account_id: str | None
    reason: str
    evidence: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StandingEntry:
    """One step of a store's history."""

    aspect: Aspect
    source: str | None
    to: str
    cause: Cause
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SellersConfig:
    """How an installation receives sellers. `unverified_limit` is the most, in US cents, that one
    order from a store may come to while it is not known who sells; `None` is no limit.
    For `payout_freeze` a store that has lost its name cannot change where its money goes."""

    starts_as: SellerStatus = SellerStatus.APPROVED
    unverified_limit: int | None = None
    payouts_need_verification: bool = False
    payout_freeze: timedelta = timedelta(hours=72)


def aspect_of(standing: Standing) -> Aspect:
    """Which of the two a state belongs to."""
    return Aspect.STATUS if isinstance(standing, SellerStatus) else Aspect.VERIFICATION


def allowed(source: Standing, mover: Mover) -> list[Standing]:
    """Where this mover may have it go from here."""
    return [to for (start, to), movers in STEPS.items() if start is source and mover in movers]


def require_step(source: Standing, to: Standing, mover: Mover) -> None:
    """Raises `StandingConflict`, which names what this mover may have instead."""
    if to not in allowed(source, mover):
        raise StandingConflict(source.value, [each.value for each in allowed(source, mover)])
