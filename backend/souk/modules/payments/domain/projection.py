"""What a client sees of a payment."""

from collections.abc import Iterable
from dataclasses import dataclass

from souk.modules.payments.domain.statuses import (
    HOLDING,
    PAID,
    UNDER_WAY,
    AttemptStatus,
    LegStatus,
    PaymentState,
)


@dataclass(frozen=True, slots=True)
class LegView:
    """Of a leg what the projection needs. A leg owed back in full for being one too many, or too
    late, does not count as paid for."""

    attempt_id: str
    order_id: str
    status: LegStatus
    owed_back: bool
    released: int
    refunded: int
    reimbursed: int = 0

    @property
    def is_back(self) -> bool:
        """Whether the buyer has all of it again."""
        return self.status not in HOLDING and self.reimbursed >= self.released


def project(
    attempts: Iterable[AttemptStatus],
    legs: Iterable[LegView],
    *,
    closed: bool,
) -> PaymentState:
    """The state of a payment; `attempts` from first to last, `closed` says that its checkout was
    given up."""
    every = list(legs)
    kept = [leg for leg in every if leg.status in PAID and not leg.owed_back]
    if kept:
        return _of_money(kept, every, closed=closed)
    known = list(attempts)
    if any(status in UNDER_WAY for status in known):
        return PaymentState.PROCESSING
    if closed:
        return PaymentState.CANCELLED
    if known and known[-1] is AttemptStatus.FAILED:
        return PaymentState.FAILED
    return PaymentState.PENDING


def _of_money(kept: list[LegView], every: list[LegView], *, closed: bool) -> PaymentState:
    if all(leg.is_back for leg in kept):
        return PaymentState.REFUNDED
    if any(leg.refunded or leg.reimbursed for leg in kept):
        return PaymentState.PARTIALLY_REFUNDED
    succeeding = {leg.attempt_id for leg in kept}
    wanted = {leg.order_id for leg in every if leg.attempt_id in succeeding}
    paid = {leg.order_id for leg in every if leg.status in PAID}
    # What was not paid of a checkout that was given up is not waited for.
    given_up = closed and not any(leg.status is LegStatus.SEEN for leg in every)
    return PaymentState.COMPLETED if given_up or paid >= wanted else PaymentState.PROCESSING
