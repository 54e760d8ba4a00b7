"""A checkout that nobody paid in time."""

from datetime import timedelta

from souk.core.timers import WALL, find_due, schedule
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.orders.domain import EXPIRE_CHECKOUT, Actor, OrderRecord, OrderStatus
from souk.modules.orders.service import Orders
from souk.modules.payments.service import Payments

_GIVEN_UP = frozenset({OrderStatus.EXPIRED, OrderStatus.CANCELLED})
_LATE = "the checkout was not paid in time"
_RE_ARM = timedelta(seconds=60)


class Expiries:
    """Ends unpaid checkouts and gives their stock back (T6)."""

    def __init__(self, uow: UnitOfWork, orders: Orders, payments: Payments) -> None:
        self._uow = uow
        self._orders = orders
        self._payments = payments

    def expire_checkout(self, checkout_id: str) -> None:
        """Timer handler. While money may be on its way the timer re-arms itself: an outcome that
        is not known yet must not cost the buyer the goods. What somebody could go on to pay is
        called off first. Harmless when called again."""
        self._call_off(checkout_id)
        with self._uow.begin() as tx:
            orders = self._orders.lock_checkout(tx, checkout_id)
            waiting = [o for o in orders if o.status is OrderStatus.PENDING_PAYMENT]
            if not (waiting or self._left_open(tx, orders)) or self._is_early(tx, checkout_id):
                return
            if self._payments.has_live_attempt(tx, checkout_id):
                schedule(
                    tx,
                    kind=EXPIRE_CHECKOUT,
                    subject=checkout_id,
                    clock=WALL,
                    due_at=tx.now + _RE_ARM,
                )
                tx.commit()
                return
            self._payments.void_unpaid(tx, checkout_id, _LATE)
            for order in waiting:
                self._orders.expire(
                    tx,
                    order.id,
                    actor=Actor.SYSTEM,
                    reason="not paid in time; the goods are free again",
                )
            tx.commit()

    def _call_off(self, checkout_id: str) -> None:
        with self._uow.begin() as tx:
            early = self._is_early(tx, checkout_id)
        if not early:
            self._payments.call_off_unpaid(checkout_id, _LATE)

    def _left_open(self, tx: Transaction, orders: list[OrderRecord]) -> bool:
        """Whether orders that were given up have left an attempt that money came for, and went:
        nobody else would end it."""
        given_up = any(order.status in _GIVEN_UP for order in orders)
        return given_up and self._payments.has_open_attempt(tx, orders[0].checkout_id)

    def _is_early(self, tx: Transaction, checkout_id: str) -> bool:
        """Whether the timer was moved on after it had fired: an attempt was started meanwhile."""
        due = find_due(tx, kind=EXPIRE_CHECKOUT, subject=checkout_id)
        if due is None:
            return False
        reached = self._payments.time_by(tx, due.clock)
        return reached is None or reached < due.at
