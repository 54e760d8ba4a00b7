"""What follows from the facts about an order's money: legs, books, the order, refunds due.

Everything here is a function of all facts known, computed anew each time under the order's and
the payment's lock, and then brought about. So neither the order in which facts arrive nor their
repetition can make a difference to where it ends.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from souk.core.unit_of_work import Transaction
from souk.modules.orders.domain import OrderRecord
from souk.modules.payments.domain import (
    HOLDING,
    PAID,
    Attempt,
    FactKind,
    FactStage,
    Leg,
    LegFigures,
    LegHistory,
    LegStatus,
    Observed,
    Payment,
    RefundReason,
    RefundStatus,
    covered,
    instant_of,
    leg_figures,
)
from souk.modules.payments.events import (
    PaymentChargedBack,
    PaymentLegChanged,
    PaymentRefunded,
    PaymentReimbursed,
)
from souk.modules.payments.repository import attempts as attempt_rows
from souk.modules.payments.repository import facts as fact_rows
from souk.modules.payments.repository import legs as leg_rows
from souk.modules.payments.repository import refunds as refund_rows
from souk.modules.payments.repository.facts import Effect
from souk.modules.payments.repository.refunds import RefundDue
from souk.modules.payments.service.books import book
from souk.modules.payments.service.owe import give_again, recover, send_back
from souk.modules.payments.service.parts import Parts
from souk.modules.payments.service.tell import OrderTeller

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LegFacts:
    """A leg as it was stored, its facts, and what those that have money for them amount to now."""

    leg: Leg
    effects: tuple[Effect, ...]
    history: LegHistory
    figures: LegFigures

    def of(self, kind: FactKind) -> list[Effect]:
        """Its effects of one kind."""
        return [effect for effect in self.effects if effect.kind is kind]

    def covered(self, kind: FactKind) -> list[Effect]:
        """The same without those that count and that there is no money for. The order hears of
        one once there is, and whatever it has heard of one before stays as it is."""
        return [
            effect
            for effect in self.of(kind)
            if (now := effect.current) is None
            or now.stage is not FactStage.REACHED
            or now.observation_id in self.history.counted
        ]

    @property
    def paid_in_full(self) -> bool:
        """Whether all that is due is, or was, held."""
        return self.figures.status in PAID and self.figures.held >= self.leg.amount


def settle_order(
    tx: Transaction, parts: Parts, payment: Payment, order: OrderRecord
) -> list[Attempt]:
    """Bring an order's legs, books and status in line with the facts. Order and payment are locked;
    the answer are the payment's attempts with their legs as they stand then."""
    attempts = attempt_rows.list_of_payment(tx, payment.id)
    legs = [leg for attempt in attempts for leg in attempt.legs]
    stored = [leg for leg in legs if leg.order_id == order.id]
    now = {leg.id: leg for leg in _settle(tx, parts, payment, order, stored)}
    return [
        replace(attempt, legs=tuple(now.get(leg.id, leg) for leg in attempt.legs))
        for attempt in attempts
    ]


def _settle(
    tx: Transaction, parts: Parts, payment: Payment, order: OrderRecord, stored: Sequence[Leg]
) -> list[Leg]:
    legs = [weigh_leg(leg, effects) for leg, effects in _facts(tx, stored)]
    kept = _kept(legs)
    after = _save(tx, payment, legs, kept)
    for known, leg in zip(legs, after, strict=True):
        for effect in known.effects:
            book(tx, parts.ledger, leg, payment.buyer_id, effect, known.history)
    teller = OrderTeller(tx, parts.orders, order, {leg.id for leg in after if leg.by_us})
    for known in legs:
        if known is not kept or known.figures.status is not LegStatus.DISPUTED:
            teller.undisputed(known.of(FactKind.DISPUTED))
        contested = known is kept and not known.of(FactKind.CONCEDED)
        teller.charged_back(known.of(FactKind.CHARGED_BACK), contested=contested)
        if known is not kept:
            teller.withdraw(known.effects, replaced=kept is not None)
    due = refund_rows.list_of_legs(tx, stored)
    late = None if kept is None else _late(kept, due) or _tell(teller, kept)
    if kept is not None and kept.figures.status not in HOLDING:
        for known in legs:
            teller.over(known.effects)
    for known, leg in zip(legs, after, strict=True):
        give_again(tx, leg, known.effects)
    _owe_back(tx, after, due, {} if late is None or kept is None else {kept.leg.id: late})
    for known, leg in zip(legs, after, strict=True):
        recover(tx, leg, known.figures, final=bool(known.of(FactKind.CONCEDED)))
    return after


def _facts(tx: Transaction, legs: Sequence[Leg]) -> list[tuple[Leg, tuple[Effect, ...]]]:
    """The facts of each leg, the earliest leg first."""
    effects = fact_rows.list_of_legs(tx, [leg.id for leg in legs])
    ordered = sorted(legs, key=lambda leg: leg.id)
    return [(leg, tuple(effects.get(leg.id, ()))) for leg in ordered]


def weigh_leg(leg: Leg, effects: tuple[Effect, ...]) -> LegFacts:
    """What a leg's facts amount to, whatever is stored of it."""
    told = LegHistory(
        hold=_only(effects, FactKind.HELD),
        was_seen=any(effect.kind is FactKind.HELD for effect in effects),
        fulfilment=_only(effects, FactKind.FULFILLED),
        dispute=_only(effects, FactKind.DISPUTED),
        settlements=tuple(_currents(effects, FactKind.SETTLED)),
        reimbursements=tuple(_currents(effects, FactKind.REIMBURSED)),
        chargebacks=tuple(_currents(effects, FactKind.CHARGED_BACK)),
        recoveries=tuple(_currents(effects, FactKind.RECOVERED)),
    )
    history = covered(told)
    _warn_of_excess(leg, told, history)
    figures = leg_figures(history, fulfil_by=leg.terms.fulfil_by, window=leg.terms.window)
    return LegFacts(leg, effects, history, figures)


def _warn_of_excess(leg: Leg, told: LegHistory, history: LegHistory) -> None:
    """What counts, and the contract cannot have done: the next facts will say what it did."""
    known = {*history.counted, *history.lost}
    for one in (*told.settlements, *told.reimbursements):
        if one.stage is FactStage.REACHED and one.observation_id not in known:
            kind = one.fact.kind
            _log.warning("%s: more is said to be %s than there is money for", leg.id, kind)


def _only(effects: tuple[Effect, ...], kind: FactKind) -> Observed | None:
    """What happens to a leg at most once."""
    return next(iter(_currents(effects, kind)), None)


def _currents(effects: tuple[Effect, ...], kind: FactKind) -> list[Observed]:
    found = [effect.current for effect in effects if effect.kind is kind]
    return [observed for observed in found if observed is not None]


def _kept(legs: list[LegFacts]) -> LegFacts | None:
    """The leg by which the order is paid: the one that was, as long as it is, else the first that
    is; any other is one payment too many. A duplicate that went back cannot step in. Of two rails
    the one whose money moves at our word is always the one that is returned, for as long as all of
    it is held: the other takes a party's signature."""
    paid = [known for known in legs if known.paid_in_full]
    was = [k for k in paid if k.leg.status in PAID and not k.leg.duplicate]
    fit = [k for k in paid if k.figures.status in HOLDING or not k.leg.duplicate]
    by_parties = [k for k in fit if not k.leg.by_us and not k.leg.duplicate]
    if by_parties and all(k.leg.by_us and _is_untouched(k) for k in was):
        return by_parties[0]
    return next(iter(was or fit), None)


def _is_untouched(known: LegFacts) -> bool:
    figures = known.figures
    moved = figures.released + figures.refunded + figures.charged_back
    return figures.status in HOLDING and not moved


def _save(
    tx: Transaction, payment: Payment, legs: list[LegFacts], kept: LegFacts | None
) -> list[Leg]:
    """Store the figures. The leg that is kept comes last: another one must first give up its
    place, which the database grants to one leg of an order only."""
    after = {}
    for known in sorted(legs, key=lambda known: known is kept):
        figures = known.figures
        duplicate = known is not kept and figures.status in PAID
        after[known.leg.id] = replace(with_figures(known.leg, figures), duplicate=duplicate)
        if after[known.leg.id] != known.leg:
            charge = _charge(known)
            leg_rows.move(tx, known.leg.id, figures, duplicate=duplicate, charge=charge)
            _announce(tx, payment, known, after[known.leg.id])
    return [after[known.leg.id] for known in legs]


def with_figures(leg: Leg, figures: LegFigures) -> Leg:
    """A leg that says what these figures do."""
    return replace(
        leg,
        status=figures.status,
        held=figures.held,
        released=figures.released,
        refunded=figures.refunded,
        reimbursed=figures.reimbursed,
        charged_back=figures.charged_back,
        fee=figures.fee,
        deadline=instant_of(figures.deadline),
    )


def _charge(known: LegFacts) -> str | None:
    """What the provider calls the payment that is held."""
    hold = known.history.hold
    charge = None if hold is None else hold.evidence.get("charge")
    return charge if isinstance(charge, str) else None


def _announce(tx: Transaction, payment: Payment, known: LegFacts, after: Leg) -> None:
    evidence = _latest_evidence(known)
    block, transaction = evidence.get("block_number"), evidence.get("transaction_hash")
    about = {
        "payment_id": payment.id,
        "checkout_id": payment.checkout_id,
        "buyer_id": payment.buyer_id,
    }
    tx.publish(
        PaymentLegChanged(
            **about,
            orders=[after.order_id],
            leg_id=after.id,
            order_id=after.order_id,
            from_status=known.leg.status,
            to_status=after.status,
            block_number=block if isinstance(block, int) else None,
            transaction_hash=transaction if isinstance(transaction, str) else None,
        )
    )
    if after.refunded > known.leg.refunded:
        tx.publish(
            PaymentRefunded(
                **about,
                orders=[after.order_id],
                amount=str(after.refunded - known.leg.refunded),
                asset=after.asset.code,
                everything=after.status is LegStatus.REFUNDED,
            )
        )
    if after.reimbursed > known.leg.reimbursed:
        tx.publish(
            PaymentReimbursed(
                **about,
                orders=[after.order_id],
                amount=str(after.reimbursed - known.leg.reimbursed),
                asset=after.asset.code,
                everything=after.reimbursed == after.released,
            )
        )
    if after.charged_back > known.leg.charged_back:
        tx.publish(
            PaymentChargedBack(
                **about,
                orders=[after.order_id],
                amount=str(after.charged_back - known.leg.charged_back),
                asset=after.asset.code,
            )
        )


def _latest_evidence(known: LegFacts) -> dict[str, str | int]:
    observed = [o for effect in known.effects for o in effect.observations]
    latest = max(observed, key=lambda o: o.occurred_at, default=None)
    return {} if latest is None else dict(latest.evidence)


def _tell(teller: OrderTeller, kept: LegFacts) -> RefundReason | None:
    """Move the order by the facts of the leg that pays it; the reason to give the money back when
    the order can no longer take it."""
    late = teller.paid(kept.of(FactKind.HELD)[0])
    if late is not None:
        return late
    for effect in kept.of(FactKind.FULFILLED):
        teller.fulfilled(effect)
    if kept.figures.status is LegStatus.DISPUTED:
        teller.disputed(kept.of(FactKind.DISPUTED))
    teller.settled(kept.covered(FactKind.SETTLED), kept.figures)
    teller.reimbursed(kept.covered(FactKind.REIMBURSED))
    teller.conceded(kept.of(FactKind.CONCEDED), kept.figures)
    if kept.leg.by_us and kept.figures.status in HOLDING and teller.is_cancelled():
        # A bank has sent back what had ended the order.
        return RefundReason.ORDER_CANCELLED
    return None


def _late(kept: LegFacts, due: Mapping[str, RefundDue]) -> RefundReason | None:
    """Once we said that money goes back because it came too late, it does, even if the goods turn
    up again."""
    known = due.get(kept.leg.id)
    if known is None or known.reason is RefundReason.DUPLICATE_PAYMENT:
        return None
    return known.reason


def _owe_back(
    tx: Transaction,
    legs: list[Leg],
    due: Mapping[str, RefundDue],
    late: Mapping[str, RefundReason],
) -> None:
    """Owe back what was paid too often or too late, and forget what was never paid after all."""
    for leg in legs:
        reason = RefundReason.DUPLICATE_PAYMENT if leg.duplicate else late.get(leg.id)
        if reason is not None:
            refund_rows.add(tx, leg, reason)
            refund_rows.move(tx, leg.id, _refund_status(leg))
            send_back(tx, leg)
        elif leg.id in due:
            refund_rows.move(tx, leg.id, RefundStatus.VOID)


def _refund_status(leg: Leg) -> RefundStatus:
    if leg.remaining > 0:
        return RefundStatus.UNDER_WAY if leg.by_us else RefundStatus.AWAITING_SELLER
    back = leg.refunded + leg.reimbursed + leg.charged_back
    return RefundStatus.DONE if back >= leg.held else RefundStatus.TAKEN
