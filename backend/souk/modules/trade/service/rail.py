"""Asking the rail that holds an order's money to move it."""

from collections.abc import Callable

from souk.core.idempotency import Receipt
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.orders.service import Orders
from souk.modules.payments.domain import Leg, Outcome
from souk.modules.payments.service import Payments
from souk.modules.trade.domain import Moved


class RailRequests:
    """The second half of every use case that moves held money. The first half has checked the
    caller and committed; the provider is asked outside any transaction; its answer is recorded
    in a last one. A crash in between leaves an order that can be asked for again: the rail moves
    the same money once only."""

    def __init__(self, uow: UnitOfWork, orders: Orders, payments: Payments) -> None:
        self._uow = uow
        self._orders = orders
        self._payments = payments

    def go_on(self, order_id: str, receipt: Receipt) -> Moved | None:
        """The answer to a request that had come as far as the rail before it was cut off; `None`
        for any other."""
        outcome = self._payments.carry_on(receipt.request_key)
        return None if outcome is None else self._answer(order_id, outcome, receipt)

    def ask(
        self,
        leg: Leg,
        move: Callable[[Leg], Outcome],
        receipt: Receipt,
        record: Callable[[Transaction, Outcome], None] = lambda _tx, _outcome: None,
    ) -> Moved:
        """Ask, and answer with the order's status as it is after that. What `record` writes stays
        together with the answer: a rail that refuses leaves no trace, and a repeated request
        writes nothing twice."""
        return self._answer(leg.order_id, move(leg), receipt, record)

    def _answer(
        self,
        order_id: str,
        outcome: Outcome,
        receipt: Receipt,
        record: Callable[[Transaction, Outcome], None] = lambda _tx, _outcome: None,
    ) -> Moved:
        with self._uow.begin() as tx:
            record(tx, outcome)
            moved = Moved(order_id, self._orders.get(tx, order_id).status, outcome)
            receipt.store(tx, moved)
            tx.commit()
        return moved
