"""What a payer says about an attempt: it was sent, or it was given up."""

import re
from collections.abc import Sequence

from souk.core.errors import OutcomeUnknown
from souk.core.idempotency import NO_RECEIPT, Receipt
from souk.core.principal import Principal
from souk.core.unit_of_work import Transaction
from souk.modules.payments.domain import (
    OPEN,
    UNDER_WAY,
    UNTOLD,
    Attempt,
    AttemptNews,
    AttemptStatus,
    AttemptTurn,
    Executed,
    Payment,
    PaymentState,
)
from souk.modules.payments.errors import AttemptNotOpen, MalformedTransactionHash, PaymentUnderWay
from souk.modules.payments.repository import attempts as attempt_rows
from souk.modules.payments.repository import payments as payment_rows
from souk.modules.payments.service.look import Looking
from souk.modules.payments.service.move import hear, move_attempt, project_payment
from souk.modules.payments.service.open import find_own
from souk.modules.payments.service.payable import is_live, is_to_call_off

_HASH = re.compile(r"0x[0-9a-fA-F]{64}")
_CALLED_OFF = frozenset({AttemptStatus.CANCELLED, AttemptStatus.FAILED})


class Closing(Looking):
    """None of these believes anything about money but what the rail itself says."""

    def confirm(
        self,
        principal: Principal,
        payment_id: str,
        transaction_hash: str | None = None,
        receipt: Receipt = NO_RECEIPT,
    ) -> PaymentState:
        """The payer's wallet sent a transaction. That is an observation, never a proof: the
        attempt is `submitted`, and what happens next the chain says. Without a transaction the
        payer came back from the provider's page, and the rail itself is asked; so it is where a
        hash means nothing to the rail. Raises `PaymentNotFound`, `MalformedTransactionHash`,
        `AttemptNotOpen`, `ProviderUnavailable`."""
        if transaction_hash is None:
            return self._returned(principal, payment_id, receipt)
        if _HASH.fullmatch(transaction_hash) is None:
            raise MalformedTransactionHash(
                "a transaction hash is 0x followed by 64 hexadecimal digits"
            )
        state = self._sent(principal, payment_id, transaction_hash.lower(), receipt)
        return self._returned(principal, payment_id, receipt) if state is None else state

    def _sent(
        self, principal: Principal, payment_id: str, transaction_hash: str, receipt: Receipt
    ) -> PaymentState | None:
        """`None` for a rail that we ask ourselves: no transaction of a wallet pays there, and an
        attempt that one had `submitted` would wait for its end in vain."""
        with self._parts.uow.begin() as tx:
            payment = payment_rows.lock(tx, find_own(tx, principal, payment_id).id)
            attempts = attempt_rows.list_of_payment(tx, payment.id)
            if _latest(attempts).method in self._parts.directed:
                return None
            submitted = self._submitted(tx, payment, _latest(attempts), transaction_hash)
            state = project_payment(
                tx, payment, [*attempts[:-1], submitted], reason="the payer sent a transaction"
            )
            receipt.store(tx, state)
            tx.commit()
        return state

    def _returned(self, principal: Principal, payment_id: str, receipt: Receipt) -> PaymentState:
        with self._parts.uow.begin() as tx:
            payment = find_own(tx, principal, payment_id)
            attempt = _latest(attempt_rows.list_of_payment(tx, payment.id))
        self.look_at(attempt)
        with self._parts.uow.begin() as tx:
            state = payment_rows.get(tx, payment.id).state
            receipt.store(tx, state)
            tx.commit()
        return state

    def _submitted(
        self, tx: Transaction, payment: Payment, attempt: Attempt, transaction_hash: str
    ) -> Attempt:
        match attempt.status:
            case AttemptStatus.AWAITING_PAYER | AttemptStatus.UNKNOWN:
                return move_attempt(
                    tx,
                    payment,
                    attempt,
                    AttemptStatus.SUBMITTED,
                    reason="the payer's wallet sent a transaction",
                    transaction_hash=transaction_hash,
                )
            case AttemptStatus.SUBMITTED:
                attempt_rows.set_transaction_hash(tx, attempt.id, transaction_hash)
                return attempt
            case AttemptStatus.CONFIRMING | AttemptStatus.SUCCEEDED | AttemptStatus.ORPHANED:
                # The chain was faster than the payer, and knows better.
                return attempt
            case _:
                raise AttemptNotOpen(
                    attempt.status, f"the attempt is {attempt.status}; start another one"
                )

    def cancel(
        self, principal: Principal, payment_id: str, receipt: Receipt = NO_RECEIPT
    ) -> PaymentState:
        """The payer gives the present attempt up; the orders wait on until they expire. Where a
        rail cannot stop a payer, as with calls that were handed out, money may come all the same.
        Raises `PaymentNotFound`, `AttemptNotOpen`, `PaymentUnderWay`."""
        reason = "the payer gave it up"
        given_up = self._to_give_up(principal, payment_id, receipt.request_key)
        if given_up.closed_at is None:
            self.call_off(given_up, reason)
        with self._parts.uow.begin() as tx:
            payment = payment_rows.lock(tx, given_up.payment_id)
            attempts = [
                self._cancelled(tx, payment, attempt, reason)
                if attempt.id == given_up.id
                else attempt
                for attempt in attempt_rows.list_of_payment(tx, payment.id)
            ]
            state = project_payment(tx, payment, attempts, reason=reason)
            receipt.store(tx, state)
            tx.commit()
        return state

    def _to_give_up(
        self, principal: Principal, payment_id: str, request_key: str | None
    ) -> Attempt:
        """The present attempt. For a request that was cut off and is now repeated it is the one of
        that time, which may be called off already, by its own doing."""
        with self._parts.uow.begin() as tx:
            payment = payment_rows.lock(tx, find_own(tx, principal, payment_id).id)
            attempts = attempt_rows.list_of_payment(tx, payment.id)
            if request_key is None:
                return self._cancellable(tx, _latest(attempts))
            begun = next((one for one in attempts if one.cancel_key == request_key), None)
            if begun is not None and begun.closed_at is not None:
                return begun
            attempt = self._cancellable(tx, begun or _latest(attempts))
            attempt_rows.set_cancel_key(tx, attempt.id, request_key)
            tx.commit()
        return attempt

    def _cancelled(
        self, tx: Transaction, payment: Payment, attempt: Attempt, reason: str
    ) -> Attempt:
        attempt = self._cancellable(tx, attempt, again=True)
        if attempt.status is AttemptStatus.CANCELLED:
            return attempt
        return move_attempt(tx, payment, attempt, AttemptStatus.CANCELLED, reason=reason)

    def call_off(self, attempt: Attempt, reason: str) -> bool:
        """Have the rail let nobody pay an attempt any more; whether that is so now. Somebody may
        have paid it a moment ago, which is taken in. Raises what the rail raises when it cannot be
        reached. Called with no transaction open."""
        try:
            outcome = self._parts.gateways[attempt.method].cancel_payment(attempt)
        except OutcomeUnknown:
            if self._close_untold(attempt, reason):
                return True
            raise
        if not isinstance(outcome, Executed):
            return False
        for fact in outcome.facts:
            self.observe(fact)
        if outcome.facts:
            return False
        self.observe(_closed(attempt, reason))
        return True

    def _close_untold(self, attempt: Attempt, reason: str) -> bool:
        """Nobody can pay what its payer was never told how to, be it there or not: from now on
        nobody is told. `False` when somebody was, a moment ago perhaps."""
        with self._parts.uow.begin() as tx:
            payment = payment_rows.lock(tx, attempt.payment_id)
            attempts = attempt_rows.list_of_payment(tx, payment.id)
            now = next(one for one in attempts if one.id == attempt.id)
            if now.status not in UNTOLD or now.provider_reference is not None:
                return False
            news = _closed(attempt, reason)
            heard = [hear(tx, payment, one, news) for one in attempts]
            project_payment(tx, payment, heard, reason=reason)
            tx.commit()
        return True

    def call_off_unpaid(self, checkout_id: str, reason: str) -> None:
        """Before a checkout is given up: whatever of it could be paid until it is called off.
        Called with no transaction open; raises what the rail raises."""
        with self._parts.uow.begin() as tx:
            payment = payment_rows.find_by_checkout(tx, checkout_id)
            attempts = [] if payment is None else attempt_rows.list_of_payment(tx, payment.id)
        for attempt in attempts:
            if is_to_call_off(attempt):
                self.call_off(attempt, reason)

    def _cancellable(self, tx: Transaction, attempt: Attempt, *, again: bool = False) -> Attempt:
        """`again`: after it was called off, which may not have been possible."""
        callable_off = is_to_call_off(attempt) and attempt.status not in UNDER_WAY
        if is_live(tx, self._parts.chains, attempt) and (again or not callable_off):
            raise PaymentUnderWay("the payment is on its way and cannot be stopped any more")
        called_off = again and attempt.status in _CALLED_OFF and attempt.closed_at is not None
        if callable_off or called_off:
            return attempt
        if attempt.status not in OPEN:
            raise AttemptNotOpen(attempt.status, f"the attempt is {attempt.status} already")
        return attempt


def _closed(attempt: Attempt, reason: str) -> AttemptNews:
    """That we have called it off."""
    return AttemptNews(
        attempt_id=attempt.id,
        turn=AttemptTurn.CLOSED,
        about=attempt.id,
        reason=reason,
        occurred_at=attempt.pay_by,
    )


def _latest(attempts: Sequence[Attempt]) -> Attempt:
    if not attempts:
        raise AttemptNotOpen("none", "no attempt was started on this payment yet")
    return attempts[-1]
