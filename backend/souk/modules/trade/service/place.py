"""Placing a checkout, and asking for its money in the same request when the buyer wants that."""

from collections.abc import Sequence
from dataclasses import dataclass

from souk.core.idempotency import NO_RECEIPT, Receipt
from souk.core.principal import Principal
from souk.core.timers import WALL, schedule
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.orders.domain import EXPIRE_CHECKOUT, PlacedCheckout
from souk.modules.orders.service import Carts, Orders
from souk.modules.payments.domain import PayChoice
from souk.modules.payments.service import Payments, StartedAttempt


@dataclass(frozen=True, slots=True)
class Placed:
    """A checkout and, when it was asked for, the attempt to pay it."""

    checkout: PlacedCheckout
    started: StartedAttempt | None


class Placements:
    """Places orders. The order exists, with its stock reserved, before anyone is asked for money."""

    def __init__(self, uow: UnitOfWork, orders: Orders, carts: Carts, payments: Payments) -> None:
        self._uow = uow
        self._orders = orders
        self._carts = carts
        self._payments = payments

    def place_and_pay(
        self,
        buyer: Principal,
        wanted: Sequence[tuple[str, int]],
        *,
        pay: PayChoice | None,
        receipt: Receipt = NO_RECEIPT,
    ) -> Placed:
        """One order a seller for these (listing id, quantity) pairs; with `pay` also the first
        attempt. A second run under the same receipt finds the first run's checkout and attempt.

        Raises what `Orders.place` and `Payments.start_attempt` raise. When only the second fails,
        the checkout stands and the same request may be sent again.
        """
        with self._uow.begin() as tx:
            checkout = self._place(tx, buyer, wanted, receipt)
            if pay is None:
                placed = Placed(checkout, None)
                receipt.store(tx, placed)
            tx.commit()
        if pay is None:
            return placed
        return self._pay(buyer, checkout, pay, receipt)

    def _place(
        self,
        tx: Transaction,
        buyer: Principal,
        wanted: Sequence[tuple[str, int]],
        receipt: Receipt,
    ) -> PlacedCheckout:
        found = self._orders.find_placed(tx, buyer.account_id, receipt.request_key)
        if found is not None:
            return found
        checkout = self._orders.place(tx, buyer.account_id, wanted, receipt.request_key)
        schedule(
            tx,
            kind=EXPIRE_CHECKOUT,
            subject=checkout.checkout_id,
            clock=WALL,
            due_at=checkout.expires_at,
        )
        return checkout

    def _pay(
        self, buyer: Principal, checkout: PlacedCheckout, pay: PayChoice, receipt: Receipt
    ) -> Placed:
        """The attempt stores the whole answer: its transaction is the request's last one."""
        payment_id = self._payments.open(buyer, checkout.checkout_id)
        wrapped = Receipt(
            receipt.request_key,
            receipt.status,
            lambda started: receipt.render(_placed(checkout, started)),
        )
        started = self._payments.start_attempt(buyer, payment_id, pay, wrapped)
        return Placed(checkout, started)


def _placed(checkout: PlacedCheckout, started: object) -> Placed:
    if not isinstance(started, StartedAttempt):
        raise TypeError("an attempt's receipt renders attempts")
    return Placed(checkout, started)
