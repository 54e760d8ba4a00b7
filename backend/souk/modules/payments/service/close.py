"""What a payer says about an attempt: it was sent, or it was given up."""

import re
from collections.abc import Sequence

from souk.core.idempotency import NO_RECEIPT, Receipt
from souk.core.principal import Principal
from souk.core.unit_of_work import Transaction
from souk.modules.payments.domain import (
    OPEN,
    Attempt,
    AttemptStatus,
    Payment,
    PaymentState,
)
from souk.modules.payments.errors import AttemptNotOpen, MalformedTransactionHash, PaymentUnderWay
from souk.modules.payments.repository import attempts as attempt_rows
from souk.modules.payments.repository import payments as payment_rows
from souk.modules.payments.service.move import move_attempt, project_payment
from souk.modules.payments.service.open import find_own
from souk.modules.payments.service.parts import Parts
from souk.modules.payments.service.payable import is_live

_HASH = re.compile(r"0x[0-9a-fA-F]{64}")


class Closing:
    """Neither use case believes anything about money."""

    _parts: Parts

    def confirm(
        self,
        principal: Principal,
        payment_id: str,
        transaction_hash: str,
        receipt: Receipt = NO_RECEIPT,
    ) -> PaymentState:
        """The payer's wallet sent a transaction. That is an observation, never a proof: the
        attempt is `submitted`, and what happens next the chain says. Raises `PaymentNotFound`,
        `MalformedTransactionHash`, `AttemptNotOpen`."""
        if _HASH.fullmatch(transaction_hash) is None:
            raise MalformedTransactionHash(
                "a transaction hash is 0x followed by 64 hexadecimal digits"
            )
        with self._parts.uow.begin() as tx:
            payment = payment_rows.lock(tx, find_own(tx, principal, payment_id).id)
            attempts = attempt_rows.list_of_payment(tx, payment.id)
            submitted = self._submitted(tx, payment, _latest(attempts), transaction_hash.lower())
            state = project_payment(
                tx, payment, [*attempts[:-1], submitted], reason="the payer sent a transaction"
            )
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
        with self._parts.uow.begin() as tx:
            payment = payment_rows.lock(tx, find_own(tx, principal, payment_id).id)
            attempt = self._cancellable(tx, attempt_rows.list_of_payment(tx, payment.id))
        self._parts.gateways[attempt.method].cancel_payment(attempt.legs)
        with self._parts.uow.begin() as tx:
            payment = payment_rows.lock(tx, payment.id)
            attempts = attempt_rows.list_of_payment(tx, payment.id)
            attempt = self._cancellable(tx, attempts)
            cancelled = move_attempt(tx, payment, attempt, AttemptStatus.CANCELLED, reason=reason)
            state = project_payment(tx, payment, [*attempts[:-1], cancelled], reason=reason)
            receipt.store(tx, state)
            tx.commit()
        return state

    def _cancellable(self, tx: Transaction, attempts: Sequence[Attempt]) -> Attempt:
        attempt = _latest(attempts)
        if is_live(tx, self._parts.chains, attempt):
            raise PaymentUnderWay("the payment is on its way and cannot be stopped any more")
        if attempt.status not in OPEN:
            raise AttemptNotOpen(attempt.status, f"the attempt is {attempt.status} already")
        return attempt


def _latest(attempts: Sequence[Attempt]) -> Attempt:
    if not attempts:
        raise AttemptNotOpen("none", "no attempt was started on this payment yet")
    return attempts[-1]
