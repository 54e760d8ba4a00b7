"""Drawing an attempt up: a locked quote, legs with full terms, and the goods kept for it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from souk.core.principal import Principal
from souk.core.timers import schedule
from souk.core.unit_of_work import Transaction
from souk.modules.catalog.domain import ListingKind
from souk.modules.orders.domain import EXPIRE_CHECKOUT, OrderRecord
from souk.modules.payments.domain import (
    Attempt,
    OrderTerms,
    PayChoice,
    Payment,
    Quote,
    Rate,
    TermsLine,
    price_in,
)
from souk.modules.payments.domain.explaining import explain
from souk.modules.payments.domain.routing import Ranked
from souk.modules.payments.ports import LegPlan, PaymentPlan
from souk.modules.payments.repository import attempts as attempt_rows
from souk.modules.payments.repository import legs as leg_rows
from souk.modules.payments.repository.legs import NewLeg
from souk.modules.payments.service.parts import Parts
from souk.modules.payments.service.route import Offer
from souk.modules.payments.service.times import now_by


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to start an attempt; `ranked` is what was weighed for it, where that was done, and
    `left_to_us` whether the buyer left some of the choice open."""

    principal: Principal
    payment_id: str
    choice: PayChoice
    offer: Offer
    request_key: str | None
    ranked: tuple[Ranked, ...] = ()
    left_to_us: bool = False

    def route(self, cents: int) -> dict[str, object]:
        """Why this way for so much, for the record."""
        offered = self.offer.explain(cents)
        return explain(offered, self.ranked, self.choice, left_to_us=self.left_to_us)


class Drafting:
    """Everything of an attempt is there before anyone is asked to pay."""

    _parts: Parts

    def _quote(self, tx: Transaction, offer: Offer, orders: list[OrderRecord], rate: Rate) -> Quote:
        issued_at = now_by(tx, self._parts.chains, offer.clock)
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
            expires_at=issued_at + timedelta(seconds=offer.quote_seconds),
        )

    def store_attempt(
        self,
        tx: Transaction,
        asked: Asked,
        payment: Payment,
        orders: list[OrderRecord],
        rate: Rate,
        payees: Mapping[str, str],
    ) -> Attempt:
        """The attempt, its legs and their documents. Orders and payment are locked; `payees` are
        the stores that can be paid by card, with their references. Raises what the rail's `draft`
        raises."""
        quote = self._quote(tx, asked.offer, orders, rate)
        cents = sum(order.total.amount for order in orders)
        attempt_id = tx.new_id("att")
        plan = self._plan(attempt_id, asked.choice, orders, quote, payees)
        drafts = self._parts.gateways[asked.choice.method].draft(plan)
        attempt = attempt_rows.add(
            tx,
            payment.id,
            attempt_id,
            request_key=asked.request_key,
            choice=asked.choice,
            contract=asked.offer.contract,
            clock=asked.offer.clock,
            quote=quote,
            usd_amount=cents,
            route=asked.route(cents),
        )
        legs = [
            NewLeg(
                order_id=order.id,
                seller_id=order.seller_id,
                method=asked.choice.method,
                clock=asked.offer.clock,
                asset=quote.asset,
                usd_amount=order.total.amount,
                finality=asked.offer.level(cents),
                draft=draft,
            )
            for order, draft in zip(orders, drafts, strict=True)
        ]
        attempt = replace(attempt, legs=leg_rows.add(tx, payment.id, attempt_id, legs))
        self._extend(tx, payment, attempt)
        return attempt

    def _plan(
        self,
        attempt_id: str,
        choice: PayChoice,
        orders: list[OrderRecord],
        quote: Quote,
        payees: Mapping[str, str],
    ) -> PaymentPlan:
        return PaymentPlan(
            attempt_id=attempt_id,
            choice=choice,
            pay_by=int(quote.expires_at.timestamp()),
            legs=tuple(
                LegPlan(
                    terms=_terms(order),
                    payouts=order.payouts,
                    card_account=payees.get(order.seller_id),
                    amount=amount,
                    salt=self._parts.new_salt(),
                )
                for order, amount in zip(orders, quote.parts, strict=True)
            ),
        )

    def _extend(self, tx: Transaction, payment: Payment, attempt: Attempt) -> None:
        """T2: the goods stay reserved until the money would have arrived and counted."""
        clock = attempt.clock
        until = self._parts.offers.expiry(clock, attempt.pay_by, attempt.finality)
        self._parts.orders.extend_reservation(tx, payment.checkout_id, until)
        schedule(tx, kind=EXPIRE_CHECKOUT, subject=payment.checkout_id, clock=clock, due_at=until)


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
