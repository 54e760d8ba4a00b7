"""Holds, and what carriers say."""

from souk.core.unit_of_work import Transaction
from souk.modules.orders.domain import HoldKind, Tracking, check_tracking
from souk.modules.orders.errors import OrderNotFound
from souk.modules.orders.events import OrderHoldClosed, OrderHoldOpened, OrderTracked
from souk.modules.orders.repository import holds as hold_rows
from souk.modules.orders.repository import orders as order_rows


class Holding:
    """While a hold is open nothing irreversible happens to the order. Opening one takes the lock
    under which orders move, so it never slips in between a check and what follows it."""

    def open_hold(self, tx: Transaction, order_id: str, kind: HoldKind, reference: str) -> bool:
        """`reference` names what it is about, such as an escrow id. `False` when it is open
        already. Raises `OrderNotFound`."""
        _require(tx, order_id)
        opened = hold_rows.add_hold(tx, order_id, kind, reference)
        if opened:
            tx.publish(OrderHoldOpened(order_id=order_id, kind=kind.value, reference=reference))
        return opened

    def close_hold(self, tx: Transaction, order_id: str, kind: HoldKind, reference: str) -> bool:
        """`False` when no such hold is open. Raises `OrderNotFound`."""
        _require(tx, order_id)
        closed = hold_rows.end_hold(tx, order_id, kind, reference)
        if closed:
            tx.publish(OrderHoldClosed(order_id=order_id, kind=kind.value, reference=reference))
        return closed

    def has_hold(self, tx: Transaction, order_id: str) -> bool:
        """Whether any hold is open."""
        return bool(hold_rows.open_holds(tx, order_id))

    def list_holds(self, tx: Transaction, order_id: str) -> list[HoldKind]:
        """The kinds of the open holds, each once."""
        return hold_rows.open_holds(tx, order_id)

    def record_tracking(self, tx: Transaction, order_id: str, tracking: Tracking) -> bool:
        """Note what a carrier says; it moves no status. `False` when it said exactly this before.
        Raises `OrderNotFound`, `BadTracking`."""
        check_tracking(tracking)
        _require(tx, order_id)
        new = hold_rows.add_tracking(tx, order_id, tracking)
        if new:
            tx.publish(
                OrderTracked(
                    order_id=order_id,
                    carrier=tracking.carrier,
                    code=tracking.code,
                    status=tracking.status,
                )
            )
        return new


def _require(tx: Transaction, order_id: str) -> None:
    if not order_rows.lock_orders(tx, [order_id]):
        raise OrderNotFound(order_id)
