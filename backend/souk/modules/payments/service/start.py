"""Starting an attempt: a locked quote, legs with full terms, and calls to sign."""

from dataclasses import dataclass
from datetime import timedelta

from souk.core.clock import rfc3339
from souk.core.idempotency import NO_RECEIPT, Receipt
from souk.core.money import Money
from souk.core.principal import Principal
from souk.core.timers import chain_clock, schedule
from souk.core.unit_of_work import Transaction
from souk.modules.catalog.domain import ListingKind
from souk.modules.chain.domain import Head
from souk.modules.orders.domain import EXPIRE_CHECKOUT, OrderRecord, OrderStatus
from souk.modules.payments.domain import (
    PAR,
    Attempt,
    AttemptStatus,
    OrderTerms,
    Outcome,
    PayChoice,
    Payment,
    Quote,
    Rate,
    TermsLine,
    outcome_json,
    price_in,
    usable_rate,
)
from souk.modules.payments.errors import (
    ChainTimeUnknown,
    CheckoutNotPayable,
    PayerWalletUnproved,
    TooManyAttempts,
)
from souk.modules.payments.ports import LegPlan, PaymentPlan
from souk.modules.payments.repository import attempts as attempt_rows
from souk.modules.payments.repository import legs as leg_rows
from souk.modules.payments.repository import payments as payment_rows
from souk.modules.payments.repository.legs import NewLeg
from souk.modules.payments.service.again import find_again, require_payable
from souk.modules.payments.service.move import move_attempt, project_payment
from souk.modules.payments.service.open import find_own
from souk.modules.payments.service.parts import Parts
from souk.modules.payments.service.route import Offer

_HANDED_OUT_ANEW = frozenset({AttemptStatus.CREATED, AttemptStatus.CANCELLED, AttemptStatus.FAILED})


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
            "chain_id": attempt.chain_id,
            "wallet": attempt.payer,
            "total": Money(attempt.amount, attempt.asset).to_json(),
            "pay_by": rfc3339(attempt.pay_by),
            "quote_expires_at": rfc3339(attempt.quote_expires_at),
            "legs": [
                {
                    "id": leg.id,
                    "order_id": leg.order_id,
                    "escrow_id": leg.escrow_id,
                    "contract": leg.contract,
                    "amount": Money(leg.amount, leg.asset).to_json(),
                    "ref": leg.terms.ref,
                }
                for leg in attempt.legs
            ],
            "action": outcome_json(self.needs),
        }


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request to start an attempt."""

    principal: Principal
    payment_id: str
    choice: PayChoice
    offer: Offer
    request_key: str | None


class Starting:
    """Starts attempts. The price is read between two transactions; both look whether an earlier
    attempt stands in the way, because the world goes on in between."""

    _parts: Parts

    def start_attempt(
        self,
        principal: Principal,
        payment_id: str,
        choice: PayChoice,
        receipt: Receipt = NO_RECEIPT,
    ) -> StartedAttempt:
        """Lock a quote and hand out the calls that pay every unpaid order of the checkout.

        The same request, or the same choice while its calls can be paid, gets the same attempt.
        Raises `PaymentNotFound`, `MethodUnavailable`, `PayerWalletUnproved`, `PartiesCollide`,
        `CheckoutNotPayable`, `PaymentUnderWay`, `AttemptStillPayable`, `TooManyAttempts`,
        `AmountOutOfRange`, `ChainTimeUnknown`, `PriceUnusable`, `ProviderUnavailable`.
        """
        offer = self.admit_choice(principal, choice)
        asked = _Asked(principal, payment_id, choice, offer, receipt.request_key)
        attempt = self._find_or_store(asked)
        outcome = self._parts.gateways[attempt.method].prepare_payment(attempt.legs)
        return self._hand_out(attempt, outcome, receipt)

    def admit_choice(self, principal: Principal, choice: PayChoice) -> Offer:
        """How a choice would be honoured; for callers that write something before they start the
        attempt. Raises `MethodUnavailable`, `PayerWalletUnproved`."""
        offer = self._parts.offers.find(choice)
        if choice.wallet not in principal.wallets:
            raise PayerWalletUnproved(
                "prove that this wallet is yours first (POST /api/auth/wallets)",
                context={"wallet": choice.wallet},
            )
        return offer

    def _find_or_store(self, asked: _Asked) -> Attempt:
        with self._parts.uow.begin() as tx:
            payment, orders, again = self._look(tx, asked)
            head = self._head(tx, asked.choice.chain_id)
            tx.commit()
        if again is not None:
            return again
        rate = self._rate(asked.offer, head)
        with self._parts.uow.begin() as tx:
            payment, orders, again = self._look(tx, asked)
            attempt = again or self._store(tx, asked, payment, orders, rate)
            tx.commit()
        return attempt

    def _hand_out(self, attempt: Attempt, outcome: Outcome, receipt: Receipt) -> StartedAttempt:
        """Record that the payer was asked, unless more is known already. Looks once more whether
        there is anything to pay: the checkout may have ended while the rail was asked."""
        with self._parts.uow.begin() as tx:
            orders, payment = self._lock(tx, attempt.payment_id)
            attempts = attempt_rows.list_of_payment(tx, payment.id)
            index = next(i for i, known in enumerate(attempts) if known.id == attempt.id)
            require_payable(tx, self._parts.chains, attempts[index], orders)
            if attempts[index].status in _HANDED_OUT_ANEW:
                attempts[index] = move_attempt(
                    tx,
                    payment,
                    attempts[index],
                    AttemptStatus.AWAITING_PAYER,
                    reason="the calls to sign were handed out",
                )
                project_payment(tx, payment, attempts, reason="an attempt was started")
            started = StartedAttempt(
                payment_id=payment.id,
                checkout_id=payment.checkout_id,
                attempt=attempts[index],
                needs=outcome,
            )
            receipt.store(tx, started)
            tx.commit()
        return started

    def _lock(self, tx: Transaction, payment_id: str) -> tuple[list[OrderRecord], Payment]:
        """Lock everything, in the global order: orders, then payment."""
        checkout_id = payment_rows.get(tx, payment_id).checkout_id
        orders = self._parts.orders.lock_checkout(tx, checkout_id)
        return orders, payment_rows.lock(tx, payment_id)

    def _look(
        self, tx: Transaction, asked: _Asked
    ) -> tuple[Payment, list[OrderRecord], Attempt | None]:
        """The orders that wait for money, locked, and the attempt to hand out again if there is
        one."""
        find_own(tx, asked.principal, asked.payment_id)
        orders, payment = self._lock(tx, asked.payment_id)
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

    def _head(self, tx: Transaction, chain_id: int) -> Head:
        head = self._parts.chains.head(tx, chain_id)
        if head is None:
            raise ChainTimeUnknown("this chain is not followed yet; try again in a moment")
        return head

    def _rate(self, offer: Offer, head: Head) -> Rate:
        if offer.feed is None:
            return PAR
        price = self._parts.prices.latest(offer.chain.chain_id, offer.feed)
        return usable_rate(
            price, chain_time=head.at, max_age_seconds=offer.chain.feed_max_age_seconds
        )

    def _quote(self, tx: Transaction, offer: Offer, orders: list[OrderRecord], rate: Rate) -> Quote:
        issued_at = self._head(tx, offer.chain.chain_id).at
        total, parts = price_in(
            [order.total.amount for order in orders],
            asset=offer.asset,
            rate=rate,
            spread_bps=offer.spread_bps,
        )
        return Quote(
            asset=offer.asset,
            total=total,
            parts=parts,
            rate=rate,
            spread_bps=offer.spread_bps,
            issued_at=issued_at,
            expires_at=issued_at + timedelta(seconds=self._parts.offers.quote_seconds),
        )

    def _store(
        self,
        tx: Transaction,
        asked: _Asked,
        payment: Payment,
        orders: list[OrderRecord],
        rate: Rate,
    ) -> Attempt:
        """The attempt, its legs and their documents: all there before anyone is asked to pay."""
        quote = self._quote(tx, asked.offer, orders, rate)
        plan = self._plan(asked.choice, orders, quote)
        drafts = self._parts.gateways[asked.choice.method].draft(plan)
        attempt_id = attempt_rows.add(
            tx,
            payment.id,
            request_key=asked.request_key,
            choice=asked.choice,
            contract=asked.offer.chain.escrow,
            quote=quote,
            usd_amount=sum(order.total.amount for order in orders),
            route=asked.offer.explain(),
        )
        leg_rows.add(
            tx,
            payment.id,
            attempt_id,
            [
                NewLeg(
                    order_id=order.id,
                    seller_id=order.seller_id,
                    method=asked.choice.method,
                    asset=quote.asset,
                    usd_amount=order.total.amount,
                    draft=draft,
                )
                for order, draft in zip(orders, drafts, strict=True)
            ],
        )
        self._extend(tx, payment, asked.choice.chain_id, quote)
        return attempt_rows.get(tx, payment.id, attempt_id)

    def _plan(self, choice: PayChoice, orders: list[OrderRecord], quote: Quote) -> PaymentPlan:
        return PaymentPlan(
            chain_id=choice.chain_id,
            token=choice.token,
            payer=choice.wallet,
            pay_by=int(quote.expires_at.timestamp()),
            legs=tuple(
                LegPlan(
                    terms=_terms(order),
                    seller=order.payout_wallet,
                    amount=amount,
                    salt=self._parts.new_salt(),
                )
                for order, amount in zip(orders, quote.parts, strict=True)
            ),
        )

    def _extend(self, tx: Transaction, payment: Payment, chain_id: int, quote: Quote) -> None:
        """T2: the goods stay reserved until the money would have arrived and counted."""
        until = self._parts.offers.expiry(chain_id, quote.expires_at)
        self._parts.orders.extend_reservation(tx, payment.checkout_id, until)
        schedule(
            tx,
            kind=EXPIRE_CHECKOUT,
            subject=payment.checkout_id,
            clock=chain_clock(chain_id),
            due_at=until,
        )


def _terms(order: OrderRecord) -> OrderTerms:
    return OrderTerms(
        order_id=order.id,
        checkout_id=order.checkout_id,
        seller_id=order.seller_id,
        total=order.total,
        digital=order.kind is ListingKind.DIGITAL,
        handling_days=order.handling_days,
        transit_days=order.transit_days,
        lines=tuple(
            TermsLine(
                listing_id=line.listing_id,
                title=line.title,
                kind=line.kind,
                quantity=line.quantity,
                unit_price=line.unit_price,
            )
            for line in order.lines
        ),
    )
