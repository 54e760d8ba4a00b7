"""Moving an order by facts about its money.

A fact tells the order once. When it ceases to count, what it did is taken back if that is still
possible, and otherwise the order is held up until the fact is true again.
"""

from collections.abc import Collection, Iterable

from souk.core.unit_of_work import Transaction
from souk.modules.orders.domain import Actor, HoldKind, OrderRecord, OrderStatus
from souk.modules.orders.service import Cause, Orders
from souk.modules.payments.domain import FactKind, FactStage, LegFigures, LegStatus, RefundReason
from souk.modules.payments.repository import facts as fact_rows
from souk.modules.payments.repository.facts import Effect

_UNSENT = frozenset({OrderStatus.PAID, OrderStatus.PROCESSING})

# Facts that move no order, so that their loss takes nothing back.
_NOTED = frozenset(FactKind) - {FactKind.HELD, FactKind.FULFILLED, FactKind.SETTLED}

_ENDED_BY = {
    OrderStatus.COMPLETED: (LegStatus.RELEASED, LegStatus.SPLIT),
    OrderStatus.CANCELLED: (LegStatus.REFUNDED,),
}


class OrderTeller:
    """Tells one order, whose lock is held."""

    def __init__(
        self, tx: Transaction, orders: Orders, order: OrderRecord, by_us: Collection[str] = ()
    ) -> None:
        """`by_us` are the legs of which a card provider tells, not a contract."""
        self._tx = tx
        self._orders = orders
        self._order = order
        self._by_us = by_us

    def paid(self, hold: Effect) -> RefundReason | None:
        """T4, or T7 when the order was given up meanwhile; then possibly the reason to give the
        money back."""
        if hold.told:
            return None
        cause = self._cause(hold, "the money is held")
        match self._order.status:
            case OrderStatus.PENDING_PAYMENT:
                self._order = self._orders.mark_paid(self._tx, self._order, **cause)
            case OrderStatus.EXPIRED:
                revived = self._orders.revive(self._tx, self._order, **cause)
                if revived is None:
                    return RefundReason.ORDER_EXPIRED
                self._order = revived
            case OrderStatus.CANCELLED if not hold.frozen:
                return RefundReason.ORDER_CANCELLED
            case _:
                self._orders.note(self._tx, self._order, **cause)
        self._tell(hold)
        return None

    def fulfilled(self, fulfilment: Effect) -> None:
        """T9, by the contract's word."""
        if not _certain(fulfilment):
            self._freeze(fulfilment)
        elif not fulfilment.told:
            cause = self._cause(fulfilment, "the seller has fulfilled")
            self._order = self._orders.mark_shipped(self._tx, self._order, **cause)
            self._tell(fulfilment)

    def disputed(self, disputes: Iterable[Effect]) -> None:
        """T13: while the dispute is open, nothing irreversible happens to the order."""
        for dispute in disputes:
            self._orders.open_hold(self._tx, self._order.id, HoldKind.DISPUTE, dispute.id)
            self._note(dispute, "a party has called the arbiter")

    def undisputed(self, disputes: Iterable[Effect]) -> None:
        """T14, or the dispute left the chain, or its leg does not pay the order."""
        for dispute in disputes:
            self._orders.close_hold(self._tx, self._order.id, HoldKind.DISPUTE, dispute.id)

    def reimbursed(self, reimbursements: Iterable[Effect]) -> None:
        """Money came back after the order had ended; its status stays."""
        for reimbursement in filter(_certain, reimbursements):
            self._note(reimbursement, "the seller has reimbursed the buyer")

    def _note(self, effect: Effect, reason: str) -> None:
        if not effect.told:
            self._orders.note(self._tx, self._order, **self._cause(effect, reason))
            self._tell(effect)

    def settled(self, settlements: Iterable[Effect], figures: LegFigures) -> None:
        """T11 and T12: once nothing is held any more the order ends."""
        new = []
        for settlement in settlements:
            if not _certain(settlement):
                self._freeze(settlement)
            elif not settlement.told:
                new.append(settlement)
        if new:
            self._end(new[-1], figures)
        for settlement in new:
            if settlement.frozen and self._has_ended_otherwise(figures):
                self._mark(settlement, told=True, frozen=True)
            else:
                self._tell(settlement)

    def _has_ended_otherwise(self, figures: LegFigures) -> bool:
        """Whether a reorg put another settlement in the place of the one that ended the order. No
        way leads back from an end, so that it stays held up until a person has looked."""
        ended = _ENDED_BY.get(self._order.status)
        return ended is not None and figures.status not in ended

    def _end(self, settlement: Effect, figures: LegFigures) -> None:
        match figures.status:
            case LegStatus.RELEASED:
                cause = self._cause(settlement, "the held money went to the seller")
                self._order = self._orders.complete(self._tx, self._order, **cause)
            case LegStatus.SPLIT:
                cause = self._cause(settlement, "the held money was split between seller and buyer")
                self._order = self._orders.complete(self._tx, self._order, **cause)
            case LegStatus.REFUNDED:
                cause = self._cause(settlement, "the held money went back to the buyer")
                self._order = self._orders.cancel(self._tx, self._order, **cause)
            case _:
                cause = self._cause(settlement, "a part of the held money was settled")
                self._orders.note(self._tx, self._order, **cause)

    def withdraw(self, effects: Iterable[Effect], *, replaced: bool) -> None:
        """What a leg told that does not pay the order any more; `replaced` says that another leg
        does."""
        for effect in effects:
            if effect.kind in _NOTED:
                continue
            if effect.kind is not FactKind.HELD:
                self._freeze(effect)
            elif replaced:
                self._forget(effect)
            else:
                self._unpay(effect)

    def _unpay(self, hold: Effect) -> None:
        """T8: from shipped on the way back is closed, and the order is held up instead."""
        if not hold.told:
            return
        if self._order.status not in _UNSENT:
            self._freeze(hold)
            return
        cause = self._lost(hold, "the payment ceased to be true")
        self._order = self._orders.unpay(self._tx, self._order, **cause)
        self._mark(hold, told=False, frozen=False)

    def over(self, effects: Iterable[Effect]) -> None:
        """Nothing is held any more: the loss of what had led there holds nothing up."""
        for effect in effects:
            if effect.kind is not FactKind.HELD and not _certain(effect):
                self._forget(effect)

    def _forget(self, effect: Effect) -> None:
        if effect.told or effect.frozen:
            self._orders.close_hold(self._tx, self._order.id, HoldKind.ORPHAN, effect.id)
            self._mark(effect, told=False, frozen=False)

    def is_cancelled(self) -> bool:
        """Whether the order waits for nothing any more but that the buyer has the money."""
        return self._order.status is OrderStatus.CANCELLED

    def _freeze(self, effect: Effect) -> None:
        if effect.leg_id in self._by_us and effect.kind is FactKind.SETTLED:
            # What a bank sends back is given to the buyer again, which nobody has to wait for.
            self._forget(effect)
        elif effect.told:
            self._orders.open_hold(self._tx, self._order.id, HoldKind.ORPHAN, effect.id)
            self._mark(effect, told=False, frozen=True)

    def charged_back(self, chargebacks: Iterable[Effect], *, contested: bool) -> None:
        """T15: from the moment that the payer's bank asks until it has decided."""
        for each in chargebacks:
            if contested and each.current is not None:
                self._orders.open_hold(self._tx, self._order.id, HoldKind.CHARGEBACK, each.id)
                self._note(each, "the payer's bank wants the money back")
            else:
                self._orders.close_hold(self._tx, self._order.id, HoldKind.CHARGEBACK, each.id)

    def conceded(self, decisions: Iterable[Effect], figures: LegFigures) -> None:
        """T15, lost: an order whose money is gone ends, unless it had ended before."""
        for decision in filter(_certain, decisions):
            if decision.told:
                continue
            if figures.status is LegStatus.CHARGED_BACK:
                cause = self._cause(decision, "the payer's bank keeps the money")
                self._order = self._orders.cancel(self._tx, self._order, **cause)
                self._tell(decision)
            else:
                self._note(decision, "the payer's bank keeps the money")

    def _cause(self, effect: Effect, reason: str) -> Cause:
        """What the history says of a fact that counts."""
        observed = effect.current
        if observed is None:
            raise ValueError(f"effect {effect.id} was told without being true")
        return Cause(
            actor=self._actor(effect),
            reason=reason,
            evidence=observed.evidence,
            occurred_at=observed.occurred_at,
        )

    def _lost(self, effect: Effect, reason: str) -> Cause:
        """What the history says of a fact that ceased to count: where it last stood."""
        last = max(effect.observations, key=lambda observed: observed.observation_id)
        return Cause(actor=self._actor(effect), reason=reason, evidence=last.evidence)

    def _actor(self, effect: Effect) -> Actor:
        return Actor.GATEWAY if effect.leg_id in self._by_us else Actor.CHAIN

    def _tell(self, effect: Effect) -> None:
        if effect.frozen:
            self._orders.close_hold(self._tx, self._order.id, HoldKind.ORPHAN, effect.id)
        self._mark(effect, told=True, frozen=False)

    def _mark(self, effect: Effect, *, told: bool, frozen: bool) -> None:
        fact_rows.set_told(self._tx, effect.id, told=told, frozen=frozen)


def _certain(effect: Effect) -> bool:
    observed = effect.current
    return observed is not None and observed.stage is FactStage.REACHED
