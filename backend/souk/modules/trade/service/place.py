"""Placing a checkout, and asking for its money in the same request when the buyer wants that."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from souk.core.errors import DomainError
from souk.core.idempotency import NO_RECEIPT, Receipt
from souk.core.principal import Principal
from souk.core.timers import WALL, schedule
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.orders.domain import EXPIRE_CHECKOUT, PlacedCheckout
from souk.modules.orders.service import Carts, Orders
from souk.modules.payments.domain import PayWish
from souk.modules.payments.service import Payments, StartedAttempt
from souk.modules.trade.errors import AmbiguousOrder
from souk.modules.trade.service.trust import Trust


@dataclass(frozen=True, slots=True)
class Placed:
    """A checkout and, when it was asked for, the attempt to pay it."""

    checkout: PlacedCheckout
    started: StartedAttempt | None


class Placements:
    """Places orders: they exist, with their stock reserved, before anyone is asked for money."""

    def __init__(
        self, uow: UnitOfWork, orders: Orders, carts: Carts, payments: Payments, trust: Trust
    ) -> None:
        self._uow = uow
        self._orders = orders
        self._carts = carts
        self._payments = payments
        self._trust = trust

    def place_and_pay(
        self,
        buyer: Principal,
        wanted: Sequence[tuple[str, int]] | None = None,
        *,
        cart_id: str | None = None,
        payment_id: str | None = None,
        pay: PayWish | None = None,
        receipt: Receipt = NO_RECEIPT,
    ) -> Placed:
        """One order a seller for these (listing id, quantity) pairs or for what is in the cart;
        with `pay` also the first attempt. `payment_id` finds the checkout it was opened for. A
        second run under the same receipt finds the first run's checkout and attempt.

        Raises `AmbiguousOrder`, `StoreNameLost` (once: then the name is gone), and what
        `Orders.place` and `Payments.start_attempt` raise. When only the last fails, for want of a
        price or a node, the checkout stands and the same request may be sent again.
        """
        if [wanted, cart_id, payment_id].count(None) != 2:
            raise AmbiguousOrder("name exactly one of items, cart_id and payment_id")

        def place(tx: Transaction) -> PlacedCheckout:
            return self._checkout(tx, buyer, wanted, cart_id, payment_id, receipt)

        if pay is not None:
            # A choice that can never be honoured must not leave stock reserved behind.
            self._admit(buyer, pay, place)
        with self._uow.begin() as tx:
            checkout = place(tx)
            stale = self._trust.list_stale(tx, checkout)
            opened = None if stale else self._keep(tx, checkout, pay, receipt)
        if stale:
            # Most stores show no name, or one that was just looked at: only here it costs a
            # second placing that no network is asked while the first one holds its locks.
            self._trust.require_held(stale)
            with self._uow.begin() as tx:
                checkout = place(tx)
                opened = self._keep(tx, checkout, pay, receipt)
        if pay is None or opened is None:
            return Placed(checkout, None)
        return self._pay(buyer, checkout, opened, pay, receipt)

    def _admit(
        self, buyer: Principal, pay: PayWish, place: Callable[[Transaction], PlacedCheckout]
    ) -> None:
        """Raises `MethodUnavailable`, `PayerWalletUnproved`, with the alternatives for what would
        be placed: that is placed to be looked at, and never committed."""
        try:
            self._payments.admit_choice(buyer, pay)
        except DomainError as refusal:
            with suppress(DomainError):
                with self._uow.begin() as tx:
                    to_pay = self._payments.to_pay_for(tx, place(tx).orders)
                self._payments.suggest_for(refusal, buyer, to_pay, pay)
            raise

    def _keep(
        self, tx: Transaction, checkout: PlacedCheckout, pay: PayWish | None, receipt: Receipt
    ) -> str | None:
        """Make a checkout stand; with the payment that was opened for it, if it is to be paid."""
        opened = None
        if pay is None:
            receipt.store(tx, Placed(checkout, None))
        else:
            opened = self._payments.open_placed(tx, checkout)
        tx.commit()
        return opened

    def _checkout(
        self,
        tx: Transaction,
        buyer: Principal,
        wanted: Sequence[tuple[str, int]] | None,
        cart_id: str | None,
        payment_id: str | None,
        receipt: Receipt,
    ) -> PlacedCheckout:
        if payment_id is not None:
            checkout_id = self._payments.checkout_of(tx, buyer, payment_id)
            return self._orders.get_checkout(tx, checkout_id)
        if cart_id is not None:
            found = self._orders.find_placed(tx, buyer.account_id, receipt.request_key)
            if found is not None:
                return found
            wanted = self._carts.wanted(tx, buyer.account_id, cart_id)
            self._carts.empty(tx, buyer.account_id, cart_id)
        return self._place(tx, buyer, wanted or (), receipt)

    def _place(
        self,
        tx: Transaction,
        buyer: Principal,
        wanted: Sequence[tuple[str, int]],
        receipt: Receipt,
    ) -> PlacedCheckout:
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
        self,
        buyer: Principal,
        checkout: PlacedCheckout,
        payment_id: str,
        pay: PayWish,
        receipt: Receipt,
    ) -> Placed:
        """The attempt stores the whole answer: its transaction is the request's last one."""
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
