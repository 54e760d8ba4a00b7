"""Starting an attempt: a locked quote, legs with full terms, and calls to sign."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from souk.core.clock import rfc3339
from souk.core.errors import OutcomeUnknown
from souk.core.idempotency import NO_RECEIPT, Receipt
from souk.core.money import Money
from souk.core.principal import Principal
from souk.core.unit_of_work import Transaction
from souk.modules.names.domain import Verification
from souk.modules.orders.domain import OrderRecord, OrderStatus
from souk.modules.payments.domain import (
    PAR,
    UNTOLD,
    Attempt,
    AttemptStatus,
    Executed,
    NeedsBrowser,
    Outcome,
    Payment,
    PayWish,
    Pending,
    outcome_json,
    without_secret,
)
from souk.modules.payments.errors import (
    AttemptNotOpen,
    CheckoutNotPayable,
    PaymentUnderWay,
    TooManyAttempts,
)
from souk.modules.payments.ports import Payer
from souk.modules.payments.repository import attempts as attempt_rows
from souk.modules.payments.repository import payees as payee_rows
from souk.modules.payments.repository import payments as payment_rows
from souk.modules.payments.service.again import InTheWay, find_again, require_payable
from souk.modules.payments.service.close import Closing
from souk.modules.payments.service.decide import Deciding
from souk.modules.payments.service.draft import Asked, Drafting
from souk.modules.payments.service.move import move_attempt, project_payment
from souk.modules.payments.service.names import names_of
from souk.modules.payments.service.open import find_own
from souk.modules.payments.service.prices import read_rate
from souk.modules.payments.service.times import now_by
from souk.modules.payments.service.weigh import ToPay

_HANDED_OUT_ANEW = UNTOLD | {AttemptStatus.CANCELLED, AttemptStatus.FAILED}
_SHOWN = _HANDED_OUT_ANEW | {AttemptStatus.AWAITING_PAYER}


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedAttempt:
    """An attempt that waits for its payer, and what the payer has to do."""

    payment_id: str
    checkout_id: str
    attempt: Attempt
    needs: Outcome

    @property
    def attempt_id(self) -> str:
        """Id of the attempt."""
        return self.attempt.id

    def to_json(self) -> dict[str, object]:
        """The answer for a client."""
        attempt = self.attempt
        return {
            "payment_id": self.payment_id,
            "checkout_id": self.checkout_id,
            "attempt_id": attempt.id,
            "status": attempt.status,
            "method": attempt.method,
            **attempt.choice.identity,
            "total": Money(attempt.amount, attempt.asset).to_json(),
            "pay_by": rfc3339(attempt.pay_by),
            "quote_expires_at": rfc3339(attempt.quote_expires_at),
            "legs": [
                {
                    "id": leg.id,
                    "order_id": leg.order_id,
                    **leg.identity,
                    "amount": Money(leg.amount, leg.asset).to_json(),
                    "ref": leg.terms.ref,
                }
                for leg in attempt.legs
            ],
            "action": outcome_json(self.needs),
            "route": attempt.route,
        }

    def storable(self) -> "StartedAttempt":
        """The same without what only its payer may ever hold."""
        return replace(self, needs=without_secret(self.needs))


@dataclass(frozen=True, slots=True)
class _Fresh:
    """What a new attempt begins with: the present of its clock, and what there is to pay."""

    now: datetime
    to_pay: ToPay


class Drawn(NamedTuple):
    """An attempt that can be paid, of which payment, and who pays. `names` are those of the payees
    that are to be looked at before."""

    payment: Payment
    attempt: Attempt
    payer: Payer
    names: Sequence[Verification] = ()


class Starting(Drafting, Closing, Deciding):
    """Starts attempts. What has to be asked outside is, between two transactions; both look whether
    an earlier attempt stands in the way, because the world goes on in between."""

    def start_attempt(
        self,
        principal: Principal,
        payment_id: str,
        wish: PayWish,
        receipt: Receipt = NO_RECEIPT,
    ) -> StartedAttempt:
        """Lock a quote and hand out what the payer has to do to pay every unpaid order of the
        checkout.

        The same request, or the same choice while it can be paid, gets the same attempt. What was
        begun with a card provider is called off before something else is begun. A refusal that
        another way to pay would avoid says which.
        Raises `PaymentNotFound`, `MethodUnavailable`, `PayerWalletUnproved`, `PartiesCollide`,
        `SellerTakesNoCards`, `HoldTooLong`, `CheckoutNotPayable`, `PaymentUnderWay`,
        `AttemptStillPayable`, `QuoteOver`, `TooManyAttempts`, `AmountOutOfRange`, `OutsideLimits`,
        `RouteTooDear`, `PayoutWalletNotHere`, `NothingAffordable`, `ChainTimeUnknown`,
        `PriceUnusable`, `ProviderUnavailable`, `OutcomeUnknown`.
        """
        with self.suggesting(principal, payment_id, wish):
            asked = self.decide(principal, payment_id, wish, receipt.request_key)
            drawn = self._find_or_store(asked)
            # One that is lost is shown no more. The wallet is the seller's own all the same, and
            # the order was placed with it.
            self._parts.names.look(drawn.names)
            return self._hand_out(drawn, self._prepare(drawn), receipt)

    def read_action(self, principal: Principal, payment_id: str) -> Outcome:
        """What the payer of the present attempt has to do, once more: for whoever lost the answer,
        in which a secret was that is kept nowhere. A refusal that another way to pay would avoid
        says which. Raises `PaymentNotFound`, `AttemptNotOpen`, `CheckoutNotPayable`, `QuoteOver`,
        and what the rail raises."""
        with self.suggesting(principal, payment_id):
            drawn = self._shown(principal, payment_id)
            return self._hand_out(drawn, self._prepare(drawn), only=UNTOLD).needs

    def _shown(self, principal: Principal, payment_id: str) -> Drawn:
        with self._parts.uow.begin() as tx:
            orders, payment = self._lock(tx, find_own(tx, principal, payment_id))
            attempts = attempt_rows.list_of_payment(tx, payment.id)
            if not attempts or attempts[-1].status not in _SHOWN:
                raise AttemptNotOpen("none", "no attempt waits for its payer; start one")
            require_payable(tx, self._parts.chains, attempts[-1], orders)
            return Drawn(payment, attempts[-1], payer_of(tx, principal))

    def _prepare(self, drawn: Drawn, signature: str | None = None) -> Outcome:
        """Ask the rail. One that gives no answer is asked again under the same key: until then
        nobody knows whether there is something to pay."""
        attempt = drawn.attempt
        try:
            gateway = self._parts.gateways[attempt.method]
            outcome = gateway.prepare_payment(attempt, drawn.payer, signature)
        except OutcomeUnknown:
            if attempt.status is AttemptStatus.UNKNOWN:
                # It may stay so for a day. Nobody can pay it, so that another one may be begun.
                self.call_off(attempt, "the provider does not say whether it can be paid")
            else:
                self._lose_sight(attempt)
            raise
        if isinstance(outcome, Executed):
            for fact in outcome.facts:
                self.observe(fact)
            raise PaymentUnderWay(
                "this was paid a moment ago; look at the payment again",
                context={"attempt_id": attempt.id},
            )
        return outcome

    def _lose_sight(self, attempt: Attempt) -> None:
        reason = "the provider was asked and has not answered"
        with self._parts.uow.begin() as tx:
            payment = payment_rows.lock(tx, attempt.payment_id)
            attempts = attempt_rows.list_of_payment(tx, payment.id)
            moved = [
                move_attempt(tx, payment, one, AttemptStatus.UNKNOWN, reason=reason)
                if one.id == attempt.id and one.status is AttemptStatus.CREATED
                else one
                for one in attempts
            ]
            project_payment(tx, payment, moved, reason=reason)
            tx.commit()

    def _find_or_store(self, asked: Asked) -> Drawn:
        found = self._first_look(asked)
        if isinstance(found, Drawn):
            return found
        rate = read_rate(self._parts, asked.offer, found.now)
        asked = self.weigh_choice(asked, found.to_pay)
        with self._parts.uow.begin() as tx:
            payment, orders, again = self._look(tx, asked)
            if isinstance(again, InTheWay):
                raise PaymentUnderWay("another attempt was started a moment ago; look again")
            attempt = again or self.store_attempt(
                tx, asked, payment, orders, rate, found.to_pay.payees
            )
            payer, names = payer_of(tx, asked.principal), names_of(tx, self._parts.names, orders)
            tx.commit()
        return Drawn(payment, attempt, payer, names)

    def _first_look(self, asked: Asked) -> Drawn | _Fresh:
        """The attempt to hand out, again or for the first time, or what a new one begins with. What
        is in the way is called off, of which there is one at most at a time."""
        for _ in range(self._parts.offers.max_attempts):
            with self._parts.uow.begin() as tx:
                payment, orders, found = self._look(tx, asked)
                now = now_by(tx, self._parts.chains, asked.offer.clock)
                fresh = _Fresh(now, self.to_pay_for(tx, orders))
                payer = payer_of(tx, asked.principal)
                names = names_of(tx, self._parts.names, orders)
                if found is None and not asked.offer.looks_outside:
                    # Nobody has to be asked for a price or about a wallet: it is stored at once.
                    weighed = self.weigh_choice(asked, fresh.to_pay)
                    found = self.store_attempt(
                        tx, weighed, payment, orders, PAR, fresh.to_pay.payees
                    )
                tx.commit()
            if found is None:
                return fresh
            if isinstance(found, Attempt):
                return Drawn(payment, found, payer, names)
            if not self.call_off(found.attempt, "the payer chose another way to pay"):
                break
        raise PaymentUnderWay(
            "an earlier attempt is on its way and cannot be stopped any more; wait for its outcome"
        )

    def _hand_out(
        self,
        drawn: Drawn,
        outcome: Outcome,
        receipt: Receipt = NO_RECEIPT,
        *,
        only: frozenset[AttemptStatus] = _HANDED_OUT_ANEW,
    ) -> StartedAttempt:
        """Record that the payer was asked, unless more is known already. Looks once more whether
        there is anything to pay: the checkout may have ended while the rail was asked."""
        with self._parts.uow.begin() as tx:
            orders, payment = self._lock(tx, drawn.payment)
            attempts = attempt_rows.list_of_payment(tx, payment.id)
            index = next(i for i, known in enumerate(attempts) if known.id == drawn.attempt.id)
            require_payable(tx, self._parts.chains, attempts[index], orders)
            reference = _reference(outcome)
            if attempts[index].status in only:
                attempts[index] = move_attempt(
                    tx,
                    payment,
                    attempts[index],
                    AttemptStatus.AWAITING_PAYER,
                    reason="the payer was told what to do",
                    provider_reference=reference,
                )
                project_payment(tx, payment, attempts, reason="an attempt was started")
            elif reference is not None:
                attempt_rows.set_provider_reference(tx, drawn.attempt.id, reference)
            started = StartedAttempt(
                payment_id=payment.id,
                checkout_id=payment.checkout_id,
                attempt=attempts[index],
                needs=outcome,
            )
            receipt.store(tx, started.storable())
            tx.commit()
        return started

    def _lock(self, tx: Transaction, payment: Payment) -> tuple[list[OrderRecord], Payment]:
        """Lock everything, in the global order: orders, then payment."""
        orders = self._parts.orders.lock_checkout(tx, payment.checkout_id)
        return orders, payment_rows.lock(tx, payment.id)

    def _look(
        self, tx: Transaction, asked: Asked
    ) -> tuple[Payment, list[OrderRecord], Attempt | InTheWay | None]:
        """The orders that wait for money, locked, and the attempt to hand out again, or in the way,
        if there is one."""
        orders, payment = self._lock(tx, find_own(tx, asked.principal, asked.payment_id))
        attempts = attempt_rows.list_of_payment(tx, payment.id)
        waiting = [order for order in orders if order.status is OrderStatus.PENDING_PAYMENT]
        for attempt in attempts:
            if asked.request_key is not None and attempt.request_key == asked.request_key:
                require_payable(tx, self._parts.chains, attempt, orders)
                return payment, waiting, attempt
        if not waiting:
            raise CheckoutNotPayable("no order of this checkout waits for a payment any more")
        ids = frozenset(order.id for order in waiting)
        again = find_again(tx, self._parts.chains, payment, attempts, asked.choice, ids)
        if again is None and len(attempts) >= self._parts.offers.max_attempts:
            raise TooManyAttempts(
                "this checkout was not paid in any of its attempts; place it anew",
                context={"attempts": len(attempts)},
            )
        return payment, waiting, again


def _reference(outcome: Outcome) -> str | None:
    """By which name the rail can be asked about the attempt from now on."""
    return outcome.reference if isinstance(outcome, NeedsBrowser | Pending) else None


def payer_of(tx: Transaction, principal: Principal) -> Payer:
    customer = payee_rows.find_customer(tx, principal.account_id)
    return Payer(account_id=principal.account_id, customer_reference=customer)
