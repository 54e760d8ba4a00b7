"""Telling a rail to move money that moves at our word.

An instruction is stored before the rail hears of it, under a key that stays the same however often
it has to be repeated. Its amount is taken off what others may still be told, under the lock of the
payment, so that no two of them give the same money away.
"""

import logging
from collections.abc import Sequence
from contextlib import suppress

from souk.core.errors import DomainError, OutcomeUnknown, ProviderUnavailable
from souk.core.unit_of_work import Transaction
from souk.modules.payments.domain import (
    Attempt,
    Executed,
    Instructed,
    Instruction,
    Leg,
    Outcome,
    Pending,
)
from souk.modules.payments.errors import PayeeBalanceTooLow
from souk.modules.payments.repository import attempts as attempt_rows
from souk.modules.payments.repository import instructions as instruction_rows
from souk.modules.payments.repository import legs as leg_rows
from souk.modules.payments.repository import payments as payment_rows
from souk.modules.payments.repository.instructions import Claimed
from souk.modules.payments.service.observe import Observing
from souk.modules.payments.service.owe import require_free, require_unheld

_log = logging.getLogger(__name__)

_BATCH = 20


class Instructing(Observing):
    """Called with no transaction open."""

    def instruct(self, asked: Instructed, request_key: str | None = None) -> Outcome:
        """Have a rail do all of these. `request_key` names the wish: the same wish again does
        nothing more. `Pending` while the outcome of one is not known: it is repeated until it is.
        Raises `MovementUnderWay`, `OrderOnHold`, and what the rail refuses with."""
        ids = self._note_down(asked.instructions, request_key)
        outcomes = [self.carry_out(one) for one in ids]
        reference = ids[0] if ids else "nothing"
        done = all(isinstance(outcome, Executed) for outcome in outcomes)
        return Executed(reference) if done else Pending(reference)

    def _note_down(self, wanted: Sequence[Instruction], request_key: str | None) -> list[str]:
        legs = sorted({one.leg_id for one in wanted})
        with self._parts.uow.begin() as tx:
            # Locks in the global order: orders, then payments.
            self._parts.orders.lock(tx, {leg.order_id for leg in _legs(tx, legs)})
            for payment_id in sorted({leg.payment_id for leg in _legs(tx, legs)}):
                payment_rows.lock(tx, payment_id)
            known = [] if request_key is None else instruction_rows.list_of_request(tx, request_key)
            if known:
                return known
            for leg in _legs(tx, legs):
                asked = [one for one in wanted if one.leg_id == leg.id]
                require_unheld(self._parts.orders.list_holds(tx, leg.order_id), leg, asked)
                require_free(tx, leg, asked)
            ids = [
                instruction_rows.add(
                    tx, one, None if request_key is None else f"{request_key}:{n}", at_once=True
                )
                for n, one in enumerate(wanted)
            ]
            tx.commit()
        return ids

    def carry_out(self, instruction_id: str) -> Outcome:
        """Tell the rail, and take in what it says of it. `Pending` when that is not known yet, or
        not possible yet. Raises what the rail refuses with."""
        found = self._find(instruction_id)
        if found is None:
            return Executed(instruction_id)
        claimed, leg, attempt = found
        try:
            outcome = self._parts.directed[leg.method].carry_out(claimed.stored, leg, attempt)
        except (ProviderUnavailable, OutcomeUnknown, PayeeBalanceTooLow) as failure:
            self._put_off(claimed, failure)
            return Pending(instruction_id)
        except DomainError as refusal:
            self._refuse(instruction_id, refusal)
            raise
        if isinstance(outcome, Executed | Pending):
            for fact in outcome.facts:
                self.observe(fact)
        with self._parts.uow.begin() as tx:
            if isinstance(outcome, Pending):
                instruction_rows.put_off(tx, claimed, "the provider takes its time")
            else:
                instruction_rows.finish(tx, instruction_id)
            tx.commit()
        return outcome

    def carry_out_due(self) -> int:
        """Repeat what was left open, by others and by ourselves; how many there were."""
        with self._parts.uow.begin() as tx:
            due = instruction_rows.claim_due(tx, limit=_BATCH)
            tx.commit()
        for instruction_id in due:
            # What the rail refuses is stored with its reason, and must not stop the others.
            with suppress(DomainError):
                self.carry_out(instruction_id)
        return len(due)

    def _find(self, instruction_id: str) -> tuple[Claimed, Leg, Attempt] | None:
        with self._parts.uow.begin() as tx:
            claimed = instruction_rows.find(tx, instruction_id)
            if claimed is None:
                return None
            leg = leg_rows.get(tx, claimed.stored.instruction.leg_id)
            return claimed, leg, attempt_rows.get(tx, leg.payment_id, leg.attempt_id)

    def _put_off(self, claimed: Claimed, failure: DomainError) -> None:
        _log.info("instruction %s is put off: %s", claimed.stored.id, failure)
        with self._parts.uow.begin() as tx:
            instruction_rows.put_off(tx, claimed, str(failure))
            tx.commit()

    def _refuse(self, instruction_id: str, refusal: DomainError) -> None:
        _log.warning("instruction %s was refused: %s", instruction_id, refusal)
        with self._parts.uow.begin() as tx:
            instruction_rows.refuse(tx, instruction_id, str(refusal))
            tx.commit()


def _legs(tx: Transaction, leg_ids: Sequence[str]) -> list[Leg]:
    found = leg_rows.list_by_id(tx, leg_ids)
    return [found[leg_id] for leg_id in leg_ids]
