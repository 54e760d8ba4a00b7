"""Cancelling: before payment it ends the checkout, after payment the money goes back (T6, T12)."""

from functools import partial

from souk.core.idempotency import NO_RECEIPT, Receipt
from souk.core.principal import Principal
from souk.core.timers import cancel as cancel_timer
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.orders.domain import (
    EXPIRE_CHECKOUT,
    Actor,
    OrderRecord,
    OrderStatus,
    decide,
)
from souk.modules.orders.service import Orders
from souk.modules.payments.errors import PaymentUnderWay
from souk.modules.payments.service import Payments
from souk.modules.sellers.domain.team import Permission
from souk.modules.sellers.service import Sellers
from souk.modules.trade.domain import Moved
from souk.modules.trade.errors import NotYourPart
from souk.modules.trade.service.parties import Parties
from souk.modules.trade.service.rail import RailRequests


class Cancellations:
    """Ends orders before they are completed."""

    def __init__(
        self, uow: UnitOfWork, orders: Orders, payments: Payments, sellers: Sellers
    ) -> None:
        self._uow = uow
        self._orders = orders
        self._payments = payments
        self._parties = Parties(orders, sellers)
        self._rail = RailRequests(uow, orders, payments)

    def cancel(
        self, caller: Principal, order_id: str, reason: str, receipt: Receipt = NO_RECEIPT
    ) -> Moved:
        """An unpaid order is cancelled with its whole checkout, at once. Of a paid one the seller
        gives all held money back, also when an arbiter was silent about it: the order follows when
        the rail says that it went.

        Raises `OrderNotFound`, `PaymentUnderWay`, `NothingHeld`, `IllegalTransition`,
        `ProviderUnavailable`.
        """
        self._call_off(caller, order_id, reason)
        if (done := self._rail.go_on(order_id, receipt)) is not None:
            return done
        with self._uow.begin() as tx:
            together, order, actor = self._parties.of_checkout(
                tx, caller, order_id, Permission.REFUND
            )
            if order.status is OrderStatus.PENDING_PAYMENT:
                self._cancel_unpaid(tx, caller, together, actor, reason)
                moved = Moved(order_id, OrderStatus.CANCELLED, None)
                receipt.store(tx, moved)
                tx.commit()
                return moved
            decide(order.status, OrderStatus.CANCELLED, actor)
            leg = self._payments.held_leg(tx, order_id)
        back = partial(self._payments.give_back, request_key=receipt.request_key)
        return self._rail.ask(leg, back, receipt)

    def _call_off(self, caller: Principal, order_id: str, reason: str) -> None:
        """What the buyer could go on to pay by card must end before the order does."""
        with self._uow.begin() as tx:
            together, order, actor = self._parties.of_checkout(
                tx, caller, order_id, Permission.REFUND
            )
        unpaid = order.status is OrderStatus.PENDING_PAYMENT
        if unpaid and (actor is Actor.BUYER or len(together) == 1):
            self._payments.call_off_unpaid(order.checkout_id, reason)

    def _cancel_unpaid(
        self,
        tx: Transaction,
        caller: Principal,
        orders: list[OrderRecord],
        actor: Actor,
        reason: str,
    ) -> None:
        checkout_id = orders[0].checkout_id
        if actor is not Actor.BUYER and len(orders) > 1:
            raise NotYourPart(
                "this order is paid together with those of other stores; only the buyer can cancel"
                " it before it is paid"
            )
        if self._payments.has_live_attempt(tx, checkout_id):
            raise PaymentUnderWay(
                "a payment for this order is on its way; wait until it has arrived or failed"
            )
        self._payments.void_unpaid(tx, checkout_id, reason)
        for each in orders:
            if each.status is OrderStatus.PENDING_PAYMENT:
                self._orders.cancel(
                    tx, each.id, actor=actor, actor_id=caller.account_id, reason=reason
                )
        cancel_timer(tx, kind=EXPIRE_CHECKOUT, subject=checkout_id)
