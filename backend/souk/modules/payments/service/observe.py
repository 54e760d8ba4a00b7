"""The one place where facts about money arrive, from whatever rail and by whatever way."""

import logging
from dataclasses import replace
from typing import assert_never

from souk.core.timers import schedule
from souk.core.unit_of_work import Transaction
from souk.modules.orders.domain import EXPIRE_CHECKOUT
from souk.modules.payments.domain import (
    Attempt,
    AttemptNews,
    AttemptStatus,
    Observation,
    Payment,
    attempt_status,
)
from souk.modules.payments.ports import PayeeAccount, Said
from souk.modules.payments.repository import attempts as attempt_rows
from souk.modules.payments.repository import divisions as division_rows
from souk.modules.payments.repository import facts as fact_rows
from souk.modules.payments.repository import payees as payee_rows
from souk.modules.payments.repository import payments as payment_rows
from souk.modules.payments.repository.facts import Place
from souk.modules.payments.service.move import hear, move_attempt, project_payment
from souk.modules.payments.service.parts import Parts
from souk.modules.payments.service.settle import settle_order

_log = logging.getLogger(__name__)

_REASONS = {
    AttemptStatus.CONFIRMING: "the payment was seen",
    AttemptStatus.SUCCEEDED: "every order is paid, final by policy",
    AttemptStatus.ORPHANED: "the payment ceased to be true on its rail",
}


class Observing:
    """Takes observations in. Only what arrives here can complete a payment."""

    _parts: Parts

    def observe(self, said: Said) -> bool:
        """Take one thing in that a rail said, and bring about what follows from all that is known;
        `False` when it says nothing new, or is about what is not ours.

        Harmless when called again, from several processes at once, and in any order.
        """
        match said:
            case Observation():
                return self._observe(said)
            case AttemptNews():
                return self._hear(said)
            case PayeeAccount():
                with self._parts.uow.begin() as tx:
                    changed = payee_rows.set_ready(tx, said.reference, ready=said.ready)
                    tx.commit()
                return changed
            case _:
                assert_never(said)

    def _hear(self, news: AttemptNews) -> bool:
        """What is said of an attempt moves that attempt alone, and only where it can follow."""
        with self._parts.uow.begin() as tx:
            payment_id = attempt_rows.find_payment(tx, news.attempt_id)
            if payment_id is None:
                _log.info("%s is no attempt of ours; ignored", news.attempt_id)
                return False
            payment = payment_rows.lock(tx, payment_id)
            attempts = attempt_rows.list_of_payment(tx, payment.id)
            heard = [hear(tx, payment, attempt, news) for attempt in attempts]
            if heard == attempts:
                return False
            project_payment(tx, payment, heard, reason=news.reason)
            tx.commit()
        return True

    def _observe(self, observation: Observation) -> bool:
        with self._parts.uow.begin() as tx:
            news = self.take_in(tx, observation)
            if news:
                tx.commit()
        return news

    def take_in(self, tx: Transaction, observation: Observation) -> bool:
        """As `observe` does, together with what the caller writes: neither stands without the
        other."""
        place = fact_rows.find_place(tx, observation)
        if place is None:
            _log.info("%s is no leg of ours; ignored", observation.leg_reference)
            return False
        # Rails say most things several times: a charge is told of with its intent once more.
        if not place.may_be_news:
            return False
        return self._take_in_at(tx, place)

    def _take_in_at(self, tx: Transaction, place: Place) -> bool:
        observation = place.said
        # Locks in the global order: the order, then the payment, which stands for all below it.
        (order,) = self._parts.orders.lock(tx, [place.order_id])
        payment = payment_rows.lock(tx, place.payment_id)
        division = observation.division
        if division is not None and not division_rows.divide(tx, place.leg_id, division):
            _log.info("%s is, or has to be, divided otherwise; ignored", division.movement)
            return False
        if not fact_rows.record(tx, place.leg_id, observation):
            return False
        attempts = [
            self._moved(tx, payment, attempt, observation)
            for attempt in settle_order(tx, self._parts, payment, order)
        ]
        project_payment(tx, payment, attempts, reason="a fact about its money arrived")
        return True

    def _moved(
        self, tx: Transaction, payment: Payment, attempt: Attempt, observation: Observation
    ) -> Attempt:
        """The attempt where its legs say that it is, if the observation is about one of them."""
        if observation.leg_reference not in {leg.external_reference for leg in attempt.legs}:
            return attempt
        reference = observation.evidence.get("intent")
        if attempt.provider_reference is None and isinstance(reference, str):
            # Whoever asked for it may have died before the answer was stored.
            attempt_rows.set_provider_reference(tx, attempt.id, reference)
            attempt = replace(attempt, provider_reference=reference)
        to = attempt_status(attempt.status, [leg.status for leg in attempt.legs])
        if to is attempt.status:
            return attempt
        if to is AttemptStatus.ORPHANED or (
            to is AttemptStatus.CONFIRMING and payment.closed_reason is not None
        ):
            self._wait_again(tx, payment, attempt)
        transaction = observation.evidence.get("transaction_hash")
        return move_attempt(
            tx,
            payment,
            attempt,
            to,
            reason=_REASONS[to],
            evidence=observation.evidence,
            transaction_hash=transaction if isinstance(transaction, str) else None,
        )

    def _wait_again(self, tx: Transaction, payment: Payment, attempt: Attempt) -> None:
        """The payment may be mined again, or the rest of a checkout that was given up be paid,
        until `payBy`; afterwards what is unpaid then ends as if it had never been seen."""
        until = self._parts.offers.expiry(attempt.clock, attempt.pay_by, attempt.finality)
        schedule(
            tx,
            kind=EXPIRE_CHECKOUT,
            subject=payment.checkout_id,
            clock=attempt.clock,
            due_at=max(tx.now, until),
        )
