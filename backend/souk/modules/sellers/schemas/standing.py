"""Requests and responses about where a store stands."""

from typing import Annotated, Literal, Self

from pydantic import Field

from souk.core.web import InstantOut, RequestModel, ResponseModel
from souk.modules.sellers.domain import SellerStatus, StoredSeller, Verification
from souk.modules.sellers.domain.standing import Aspect, Mover
from souk.modules.sellers.schemas import FrozenUntil

_Reason = Annotated[
    str,
    Field(
        min_length=1,
        max_length=500,
        description="Why; it stands in the store's history.",
        examples=["All listings show real photographs."],
    ),
]


class SellerStatusIn(RequestModel):
    """Where a store is to stand."""

    status: Annotated[SellerStatus, Field(examples=["pending"])]
    reason: _Reason


class VerificationIn(RequestModel):
    """What staff found out about a seller."""

    verification: Annotated[Literal["verified", "rejected"], Field(examples=["verified"])]
    reason: _Reason


class StandingOut(ResponseModel):
    """Where a store stands."""

    seller_id: Annotated[str, Field(examples=["sel_01h455vb4pex5vsknk084sn02q"])]
    status: SellerStatus
    verification: Verification

    @classmethod
    def of(cls, seller: StoredSeller) -> Self:
        """The part of `StandingHistoryOut` that moves."""
        return cls(seller_id=seller.id, status=seller.status, verification=seller.verification)


class BegunVerificationOut(StandingOut):
    """A check that has begun."""

    url: Annotated[str | None, Field(description="Where the seller goes on, if anywhere.")]


class StandingStep(ResponseModel):
    """One step of a store's history."""

    aspect: Aspect
    from_: Annotated[str | None, Field(alias="from")]
    to: str
    mover: Mover
    mover_id: Annotated[str | None, Field(description="The account; shown to staff alone.")]
    reason: str
    occurred_at: InstantOut


class StandingHistoryOut(StandingOut):
    """Where a store stands, and how that came about."""

    payout_frozen_until: FrozenUntil
    history: list[StandingStep]
