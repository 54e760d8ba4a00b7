"""From paid to completed: accept, ship, confirm, release (T9 to T11)."""

from functools import partial

from souk.core.idempotency import NO_RECEIPT, Receipt
from souk.core.principal import Principal
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.orders.domain import (
    Actor,
    OrderRecord,
    OrderStatus,
    Tracking,
    check_tracking,
    decide,
)
from souk.modules.orders.service import Orders
from souk.modules.payments.domain import Executed, Outcome
from souk.modules.payments.service import Payments
from souk.modules.sellers.domain.team import Permission
from souk.modules.sellers.service import Sellers
from souk.modules.trade.domain import Moved
from souk.modules.trade.errors import NotYourPart
from souk.modules.trade.service.parties import Parties
from souk.modules.trade.service.rail import RailRequests

_SENT = frozenset({OrderStatus.SHIPPED, OrderStatus.DELIVERED})


class Deliveries:
    """Moves paid orders on. Where a rail has to act, only the asking is recorded here: the status
    follows when the rail says that it happened."""

    def __init__(
        self, uow: UnitOfWork, orders: Orders, payments: Payments, sellers: Sellers
    ) -> None:
        self._uow = uow
        self._orders = orders
        self._payments = payments
        self._parties = Parties(orders, sellers)
        self._rail = RailRequests(uow, orders, payments)

    def accept(self, caller: Principal, order_id: str, receipt: Receipt = NO_RECEIPT) -> Moved:
        """The seller starts on the order. Raises `OrderHidden`, `IllegalTransition`."""
        with self._uow.begin() as tx:
            order, actor = self._parties.of(tx, caller, order_id, Permission.FULFIL)
            self._accept(tx, caller, order, actor)
            return self._answer(tx, order_id, receipt)

    def _accept(self, tx: Transaction, caller: Principal, order: OrderRecord, actor: Actor) -> None:
        self._orders.accept(
            tx,
            order.id,
            actor=actor,
            actor_id=caller.account_id,
            reason="the seller has accepted the order",
        )

    def ship(
        self,
        caller: Principal,
        order_id: str,
        tracking: Tracking | None,
        receipt: Receipt = NO_RECEIPT,
    ) -> Moved:
        """The seller sends the goods: the rail is told, the tracking is noted, and an order that
        was only paid becomes processing; where the rail has nothing to fulfil it is shipped at
        once. One whose fulfilment left the chain can be fulfilled again. Raises `OrderHidden`,
        `IllegalTransition`, `NothingHeld`, `DeadlinePassed`, `BadTracking`."""
        if tracking is not None:
            check_tracking(tracking)
        with self._uow.begin() as tx:
            self._shippable(tx, caller, order_id)
            leg = self._payments.held_leg(tx, order_id)

        def record(tx: Transaction, outcome: Outcome) -> None:
            if isinstance(outcome, Executed):
                # An order that is shipped without its tracking could not be shipped again.
                for fact in outcome.facts:
                    self._payments.take_in(tx, fact)
            order, actor = self._parties.of(tx, caller, order_id, Permission.FULFIL)
            if tracking is not None:
                self._orders.record_tracking(tx, order_id, tracking)
            if isinstance(outcome, Executed) and order.status in _SENT:
                return  # The rail took our word, and the order has followed.
            self._shippable(tx, caller, order_id)
            if order.status is OrderStatus.PAID:
                self._accept(tx, caller, order, actor)
            if isinstance(outcome, Executed):
                self._mark_shipped(tx, caller, order, actor)

        return self._rail.ask(leg, self._payments.fulfil, receipt, record)

    def _shippable(
        self, tx: Transaction, caller: Principal, order_id: str
    ) -> tuple[OrderRecord, Actor]:
        order, actor = self._parties.of(tx, caller, order_id, Permission.FULFIL)
        sent = actor is Actor.SELLER and order.status in _SENT
        if not (sent and self._payments.awaits_fulfilment(tx, order_id)):
            decide(order.status, OrderStatus.SHIPPED, actor)
        return order, actor

    def _mark_shipped(
        self, tx: Transaction, caller: Principal, order: OrderRecord, actor: Actor
    ) -> None:
        self._orders.mark_shipped(
            tx,
            order.id,
            actor=actor,
            actor_id=caller.account_id,
            reason="the seller has delivered; the rail has nothing to fulfil",
        )

    def confirm_delivery(
        self, caller: Principal, order_id: str, receipt: Receipt = NO_RECEIPT
    ) -> Moved:
        """The buyer says that the goods are there. Raises `OrderHidden`, `IllegalTransition`."""
        with self._uow.begin() as tx:
            order, actor = self._parties.of(tx, caller, order_id, Permission.FULFIL)
            self._orders.mark_delivered(
                tx,
                order.id,
                actor=actor,
                actor_id=caller.account_id,
                reason="the buyer has received the goods",
            )
            return self._answer(tx, order_id, receipt)

    def release(self, caller: Principal, order_id: str, receipt: Receipt = NO_RECEIPT) -> Moved:
        """The buyer lets the seller have the money; on escrow also before shipping, because a
        party may always give away its own claim. Raises `OrderHidden`, `NotYourPart`,
        `NothingHeld`."""
        with self._uow.begin() as tx:
            _, actor = self._parties.of(tx, caller, order_id, Permission.FULFIL)
            if actor is not Actor.BUYER:
                raise NotYourPart("only the buyer can release the money before its deadline")
        if (done := self._rail.go_on(order_id, receipt)) is not None:
            return done
        with self._uow.begin() as tx:
            leg = self._payments.held_leg(tx, order_id)
        release = partial(self._payments.release, request_key=receipt.request_key)
        return self._rail.ask(leg, release, receipt)

    def _answer(self, tx: Transaction, order_id: str, receipt: Receipt) -> Moved:
        """The order's status after what was done, as the last step of the transaction."""
        moved = Moved(order_id, self._orders.get(tx, order_id).status, None)
        receipt.store(tx, moved)
        tx.commit()
        return moved
