"""Telling a rail to move money that moves at our word.

An instruction is stored before the rail hears of it, under a key that stays the same however often
it has to be repeated. Its amount is taken off what others may still be told, under the lock of the
payment, so that no two of them give the same money away.
"""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from souk.core.errors import DomainError, OutcomeUnknown, ProviderRejected, ProviderUnavailable
from souk.core.unit_of_work import Transaction
from souk.modules.payments.domain import (
    Attempt,
    Executed,
    Instructed,
    Instruction,
    InstructionKind,
    Leg,
    Outcome,
    Pending,
)
from souk.modules.payments.errors import PayeeBalanceTooLow
from souk.modules.payments.repository import attempts as attempt_rows
from souk.modules.payments.repository import facts as fact_rows
from souk.modules.payments.repository import instructions as instruction_rows
from souk.modules.payments.repository import legs as leg_rows
from souk.modules.payments.repository import payments as payment_rows
from souk.modules.payments.repository import refunds as refund_rows
from souk.modules.payments.repository.instructions import Claimed, Closed
from souk.modules.payments.service.look import Looking
from souk.modules.payments.service.owe import (
    Verdict,
    judge,
    require_free,
    require_unheld,
    send_back,
)

_log = logging.getLogger(__name__)

_BATCH = 20
_ASK_AGAIN = timedelta(days=1)
_GONE = "the money that was to be moved is not there any more"
_UNCERTAIN = (ProviderUnavailable, OutcomeUnknown, PayeeBalanceTooLow)


@dataclass(frozen=True, slots=True)
class _Move:
    """An open instruction, the money that it moves, and whether that may go now."""

    claimed: Claimed
    leg: Leg
    attempt: Attempt
    verdict: Verdict

    @property
    def id(self) -> str:
        return self.claimed.stored.id


class Instructing(Looking):
    """Called with no transaction open."""

    def instruct(self, asked: Instructed, request_key: str | None = None) -> Outcome:
        """Have a rail do all of these. `request_key` names the wish: the same wish again does
        nothing more. `Pending` while the outcome of one is not known: it is repeated until it is.
        Raises `MovementUnderWay`, `OrderOnHold`, and, once all were tried, what the rail refuses
        with."""
        return self._carry_out_all(self._note_down(asked.instructions, request_key))

    def carry_on(self, request_key: str | None) -> Outcome | None:
        """Go on with what a request had a rail told before it was cut off, and is now repeated:
        what it would have moved may be gone by its own doing. `None` when it got nowhere."""
        if request_key is None:
            return None
        with self._parts.uow.begin() as tx:
            ids = instruction_rows.list_of_request(tx, request_key)
        return self._carry_out_all(ids) if ids else None

    def _carry_out_all(self, ids: Sequence[str]) -> Outcome:
        outcomes = [self._tried(one) for one in ids]
        for one in outcomes:
            if isinstance(one, DomainError):
                raise one
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

    def _tried(self, instruction_id: str) -> Outcome | DomainError:
        try:
            return self.carry_out(instruction_id)
        except DomainError as refusal:
            return refusal

    def carry_out(self, instruction_id: str) -> Outcome:
        """Tell the rail, and take in what it says of it. `Pending` when that is not known yet, or
        not possible yet. Raises what the rail refuses with, also when it did so before."""
        move = self._take_up(instruction_id)
        if not isinstance(move, _Move):
            return move
        try:
            if move.verdict is Verdict.GONE:
                return self._give_up(move)
            rail = self._parts.directed[move.leg.method]
            outcome = rail.carry_out(move.claimed.stored, move.leg, move.attempt)
        except _UNCERTAIN as failure:
            return self._put_off(move.claimed, failure)
        except DomainError as refusal:
            self._refuse(move, refusal)
            raise
        if isinstance(outcome, Executed | Pending):
            for fact in outcome.facts:
                self.observe(fact)
        with self._parts.uow.begin() as tx:
            if isinstance(outcome, Pending):
                instruction_rows.put_off(tx, move.claimed, "the provider takes its time")
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

    def _take_up(self, instruction_id: str) -> Outcome | _Move:
        """What is to be done about it, or what became of it."""
        with self._parts.uow.begin() as tx:
            found = instruction_rows.get(tx, instruction_id)
            if isinstance(found, Closed):
                if found.refused_for is not None:
                    raise ProviderRejected(found.refused_for)
                return Executed(instruction_id)
            told = found.stored.instruction
            leg = leg_rows.get(tx, told.leg_id)
            if _is_done(tx, found):
                instruction_rows.finish(tx, instruction_id)
                tx.commit()
                return Executed(instruction_id)
            holds = self._parts.orders.list_holds(tx, leg.order_id)
            verdict = judge(leg, told, holds, owed_back=bool(refund_rows.list_of_legs(tx, [leg])))
            if verdict is Verdict.WAIT:
                instruction_rows.put_off(tx, found, "something holds the order up")
                tx.commit()
                return Pending(instruction_id)
            attempt = attempt_rows.get(tx, leg.payment_id, leg.attempt_id)
        return _Move(found, leg, attempt, verdict)

    def _give_up(self, move: _Move) -> Outcome:
        """What it would move is not there: either it was done, which the rail knows, or it never
        will be. Raises `ProviderRejected`."""
        self.look_at(move.attempt)
        with self._parts.uow.begin() as tx:
            if not _is_done(tx, move.claimed):
                raise ProviderRejected(_GONE)
            instruction_rows.finish(tx, move.id)
            tx.commit()
        return Executed(move.id)

    def _put_off(self, claimed: Claimed, failure: DomainError) -> Outcome:
        _log.info("instruction %s is put off: %s", claimed.stored.id, failure)
        with self._parts.uow.begin() as tx:
            instruction_rows.put_off(tx, claimed, str(failure))
            tx.commit()
        return Pending(claimed.stored.id)

    def _refuse(self, move: _Move, refusal: DomainError) -> None:
        """Whoever is refused does not know everything, so that the rail is asked what it knows."""
        _log.warning("instruction %s was refused: %s", move.id, refusal)
        with suppress(DomainError):
            self.look_at(move.attempt)
        with self._parts.uow.begin() as tx:
            self._parts.orders.lock(tx, [move.leg.order_id])
            payment_rows.lock(tx, move.leg.payment_id)
            instruction_rows.refuse(tx, move.id, str(refusal))
            leg = leg_rows.get(tx, move.leg.id)
            told = move.claimed.stored.instruction
            # What the rail would not do is asked of it again later; anything else is made up for.
            other = move.verdict is Verdict.GONE or told.kind is InstructionKind.RELEASE
            after = timedelta(0) if other else _ASK_AGAIN
            if told.kind is InstructionKind.RECOVER:
                instruction_rows.add(tx, told, after=after)
            elif refund_rows.list_of_legs(tx, [leg]):
                send_back(tx, leg, after=after)
            tx.commit()


def _is_done(tx: Transaction, claimed: Claimed) -> bool:
    """Whether the rail has said so by another way; what a seller gives back may come in parts."""
    told = claimed.stored.instruction
    in_parts = told.kind is InstructionKind.RECOVER
    return not in_parts and fact_rows.exists_of_instruction(tx, told.leg_id, claimed.stored.id)


def _legs(tx: Transaction, leg_ids: Sequence[str]) -> list[Leg]:
    found = leg_rows.list_by_id(tx, leg_ids)
    return [found[leg_id] for leg_id in leg_ids]
