"""T4 to T12: the one way in which an order's status moves.

Each step runs under the lock of the order's row: whoever comes second finds the status that the
first one left, and is judged by that.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Required, TypedDict, Unpack, assert_never

from souk.core.unit_of_work import Transaction
from souk.modules.catalog.service import Catalog
from souk.modules.media.service import forget_shown, keep_shown
from souk.modules.orders.domain import (
    Actor,
    OrderRecord,
    OrderStatus,
    Step,
    StockMove,
    decide,
)
from souk.modules.orders.errors import OrderNotFound, OrderOnHold
from souk.modules.orders.events import OrderFactNoted, OrderStatusChanged
from souk.modules.orders.repository import holds as hold_rows
from souk.modules.orders.repository import orders as order_rows
from souk.modules.orders.repository.orders import HistoryEntry


class Cause(TypedDict, total=False):
    """Who moves an order and why. `actor_id` is the account, where there is one; `evidence` holds
    plain values such as transaction and block hashes; `occurred_at` is when it happened in the
    world, now unless given."""

    actor: Required[Actor]
    reason: Required[str]
    actor_id: str | None
    evidence: Mapping[str, object]
    occurred_at: datetime


Known = str | OrderRecord
"""An order's id; or the order itself, as the last call left it that locked or moved it in this
transaction."""


class Moving:
    """Every method raises `OrderNotFound`, and `IllegalTransition` unless the contract is the
    actor; those that cannot be undone raise `OrderOnHold`. All answer with the order as it is
    afterwards: a fact of the contract that came too late to move it has been noted only."""

    _catalog: Catalog

    def mark_paid(self, tx: Transaction, order: Known, **cause: Unpack[Cause]) -> OrderRecord:
        """T4: all of the money is held; what was reserved is sold."""
        return self._move(tx, order, OrderStatus.PAID, cause)

    def revive(self, tx: Transaction, order: Known, **cause: Unpack[Cause]) -> OrderRecord | None:
        """T7: the money came after the order had expired. `None`, and nothing written, when the
        goods went to somebody else."""
        locked = self._lock(tx, order)
        decide(locked.status, OrderStatus.PAID, cause["actor"])
        if not self._catalog.reserve_again(tx, locked.id):
            return None
        # What it kept went when it expired: what is shown by now is what is bought.
        keep_shown(tx, {line.id: line.listing_id for line in locked.lines})
        return self._move(tx, locked, OrderStatus.PAID, cause)

    def unpay(self, tx: Transaction, order: Known, **cause: Unpack[Cause]) -> OrderRecord:
        """T8: the payment left the canonical chain; the goods are reserved again."""
        return self._move(tx, order, OrderStatus.PENDING_PAYMENT, cause)

    def accept(self, tx: Transaction, order: Known, **cause: Unpack[Cause]) -> OrderRecord:
        """T9: the seller is at it."""
        return self._move(tx, order, OrderStatus.PROCESSING, cause)

    def mark_shipped(self, tx: Transaction, order: Known, **cause: Unpack[Cause]) -> OrderRecord:
        """T9: on its way; on the escrow rail only the contract says so."""
        return self._move(tx, order, OrderStatus.SHIPPED, cause)

    def mark_delivered(self, tx: Transaction, order: Known, **cause: Unpack[Cause]) -> OrderRecord:
        """T10: the buyer has it."""
        return self._move(tx, order, OrderStatus.DELIVERED, cause)

    def complete(self, tx: Transaction, order: Known, **cause: Unpack[Cause]) -> OrderRecord:
        """T11: the money is the seller's. Happens once to an order."""
        return self._move(tx, order, OrderStatus.COMPLETED, cause)

    def cancel(self, tx: Transaction, order: Known, **cause: Unpack[Cause]) -> OrderRecord:
        """T6 and T12: goods that were not sent are free again."""
        return self._move(tx, order, OrderStatus.CANCELLED, cause)

    def expire(self, tx: Transaction, order: Known, **cause: Unpack[Cause]) -> OrderRecord:
        """T6: not paid in time; the goods are free again."""
        return self._move(tx, order, OrderStatus.EXPIRED, cause)

    def note(self, tx: Transaction, order: Known, **cause: Unpack[Cause]) -> OrderRecord:
        """Something that belongs into the history and leaves the status as it is, such as an
        opened dispute or money that is owed back."""
        locked = self._lock(tx, order)
        _write(tx, locked.id, Step(locked.status, locked.status, StockMove.NONE, False), cause)
        return locked

    def _move(self, tx: Transaction, order: Known, to: OrderStatus, cause: Cause) -> OrderRecord:
        locked = self._lock(tx, order)
        step = decide(locked.status, to, cause["actor"])
        if step.irreversible:
            holds = hold_rows.open_holds(tx, locked.id)
            if holds:
                raise OrderOnHold(locked.id, holds)
        self._move_stock(tx, locked.id, step.stock)
        if step.ends_unpaid:
            forget_shown(tx, [line.id for line in locked.lines])
        _write(tx, locked.id, step, cause)
        return replace(locked, status=step.to)

    @staticmethod
    def _lock(tx: Transaction, order: Known) -> OrderRecord:
        if isinstance(order, OrderRecord):
            return order
        locked = order_rows.lock_orders(tx, [order])
        if not locked:
            raise OrderNotFound(order)
        return locked[0]

    def _move_stock(self, tx: Transaction, order_id: str, move: StockMove) -> None:
        match move:
            case StockMove.NONE:
                return
            case StockMove.ALLOCATE | StockMove.REVIVE:
                self._catalog.allocate(tx, order_id)
            case StockMove.UNALLOCATE:
                self._catalog.unallocate(tx, order_id)
            case StockMove.RELEASE:
                self._catalog.release(tx, order_id)
            case _:
                assert_never(move)


def _write(tx: Transaction, order_id: str, step: Step, cause: Cause) -> None:
    entry = HistoryEntry(
        source=step.source,
        to=step.to,
        actor=cause["actor"],
        actor_id=cause.get("actor_id"),
        reason=cause["reason"],
        evidence=cause.get("evidence", {}),
        occurred_at=cause.get("occurred_at", tx.now),
    )
    order_rows.write_step(tx, order_id, entry)
    if step.moves:
        tx.publish(
            OrderStatusChanged(
                order_id=order_id,
                from_status=step.source.value,
                to_status=step.to.value,
                actor=entry.actor.value,
                reason=entry.reason,
            )
        )
        return
    tx.publish(
        OrderFactNoted(
            order_id=order_id,
            status=step.to.value,
            actor=entry.actor.value,
            reason=entry.reason,
        )
    )
