"""Where payments stand, for those who decide about orders. All of it works inside the caller's
transaction."""

from collections.abc import Callable
from datetime import UTC, datetime

from souk.core.principal import Principal
from souk.core.unit_of_work import Transaction
from souk.modules.orders.domain import HoldKind
from souk.modules.payments.domain import (
    HOLDING,
    OPEN,
    Attempt,
    AttemptStatus,
    DueLeg,
    Leg,
    LegAction,
    LegStatus,
    Payment,
)
from souk.modules.payments.errors import NothingHeld
from souk.modules.payments.repository import attempts as attempt_rows
from souk.modules.payments.repository import facts as fact_rows
from souk.modules.payments.repository import legs as leg_rows
from souk.modules.payments.repository import payments as payment_rows
from souk.modules.payments.repository import refunds as refund_rows
from souk.modules.payments.repository.legs import Overdue
from souk.modules.payments.service.move import move_attempt, project_payment
from souk.modules.payments.service.open import find_own
from souk.modules.payments.service.parts import Parts
from souk.modules.payments.service.payable import is_live, is_over
from souk.modules.payments.service.times import reached_by

_PAGE = 100
_BEGINNING = (datetime.fromtimestamp(0, UTC), "")


class Standing:
    """Questions about payments, and giving unpaid ones up."""

    _parts: Parts

    def held_leg(self, tx: Transaction, order_id: str) -> Leg:
        """The leg that holds the order's money. Raises `NothingHeld`, also when all of it is owed
        back."""
        leg = leg_rows.find_paid(tx, order_id)
        if leg is None or leg.status not in HOLDING or refund_rows.list_of_legs(tx, [leg]):
            raise NothingHeld("no money is held for this order")
        return leg

    def awaits_fulfilment(self, tx: Transaction, order_id: str) -> bool:
        """Whether the order's money is held and the seller has yet to fulfil on the rail, whatever
        the order's status says: a fulfilment may have left the chain."""
        leg = leg_rows.find_paid(tx, order_id)
        return leg is not None and leg.status is LegStatus.HELD

    def checkout_of(self, tx: Transaction, principal: Principal, payment_id: str) -> str:
        """The checkout that a payment of the caller's is for. Raises `PaymentNotFound`."""
        return find_own(tx, principal, payment_id).checkout_id

    def legs_due(
        self,
        tx: Transaction,
        clock: str,
        reached: datetime,
        limit: int,
        choose: Callable[[list[DueLeg]], list[DueLeg]] = list,
    ) -> list[DueLeg]:
        """Legs that anyone may settle now, the longest overdue first: to the seller once the
        buyer's time is over, back to the buyer once the seller's is, divided once the arbiter's
        is. An order with an open hold waits, except that what is owed back goes back whatever holds
        the order up. Of each page of them `choose` picks those that are given and count for the
        limit."""
        found: list[DueLeg] = []
        after = _BEGINNING
        while len(found) < limit:
            page = leg_rows.list_overdue(tx, clock, reached, after=after, limit=_PAGE)
            if not page:
                break
            found += choose(self._free(tx, page))
            after = (page[-1].deadline, page[-1].leg_id)
        return found[:limit]

    def _free(self, tx: Transaction, page: list[Overdue]) -> list[DueLeg]:
        legs = leg_rows.list_by_id(tx, [overdue.leg_id for overdue in page])
        return [
            DueLeg(
                legs[overdue.leg_id],
                LegAction.RELEASE if overdue.fulfilled else LegAction.REFUND,
            )
            for overdue in page
            if not self._is_held_up(tx, legs[overdue.leg_id], owed_back=overdue.owed_back)
        ]

    def _is_held_up(self, tx: Transaction, leg: Leg, *, owed_back: bool) -> bool:
        """Whether a hold stops the money. That a fulfilment or a settlement was lost on a chain
        does not: the leg is again where it was before, and settling it is what heals the order. Nor
        does its own dispute, once the arbiter's time is over: the contract divides by the terms."""
        holds = set(self._parts.orders.list_holds(tx, leg.order_id))
        if owed_back:
            return leg.by_us and HoldKind.CHARGEBACK in holds
        if leg.by_us:
            return bool(holds)
        if leg.status is LegStatus.DISPUTED:
            holds.discard(HoldKind.DISPUTE)
        if holds == {HoldKind.ORPHAN}:
            return fact_rows.exists_lost_hold(tx, leg.order_id)
        return bool(holds)

    def time_by(self, tx: Transaction, clock: str) -> datetime | None:
        """What a clock of timers shows; a chain's shows its newest block at the level that
        counts, and `None` before there is one."""
        return reached_by(tx, self._parts.chains, clock)

    def has_live_attempt(self, tx: Transaction, checkout_id: str) -> bool:
        """Whether money for this checkout may be on its way (T6): then it is neither cancelled
        nor expired. The checkout's orders are locked."""
        payment = payment_rows.find_by_checkout(tx, checkout_id)
        if payment is None:
            return False
        payment_rows.lock(tx, payment.id)
        attempts = attempt_rows.list_of_payment(tx, payment.id)
        return any(is_live(tx, self._parts.chains, attempt) for attempt in attempts)

    def has_open_attempt(self, tx: Transaction, checkout_id: str) -> bool:
        """Whether an attempt to pay this checkout has not ended."""
        payment = payment_rows.find_by_checkout(tx, checkout_id)
        attempts = [] if payment is None else attempt_rows.list_of_payment(tx, payment.id)
        return any(attempt.status in OPEN for attempt in attempts)

    def void_unpaid(self, tx: Transaction, checkout_id: str, reason: str) -> None:
        """Give up what is unpaid of a checkout that has no live attempt; harmless when there is no
        payment. Money that comes all the same is late money."""
        found = payment_rows.find_by_checkout(tx, checkout_id)
        if found is None:
            return
        payment = payment_rows.lock(tx, found.id)
        attempts = [
            self._given_up(tx, payment, attempt, reason)
            for attempt in attempt_rows.list_of_payment(tx, payment.id)
        ]
        closed = payment.closed_reason or reason
        project_payment(tx, payment, attempts, reason=reason, closed_reason=closed)

    def _given_up(
        self, tx: Transaction, payment: Payment, attempt: Attempt, reason: str
    ) -> Attempt:
        if attempt.status not in OPEN:
            return attempt
        over = is_over(tx, self._parts.chains, attempt)
        to = AttemptStatus.EXPIRED if over else AttemptStatus.CANCELLED
        return move_attempt(tx, payment, attempt, to, reason=reason)
