"""Asking a rail to move money that is held. Asking changes nothing here: the fact does."""

from collections.abc import Sequence

from souk.core.principal import Principal
from souk.core.unit_of_work import Transaction
from souk.modules.payments.domain import (
    HOLDING,
    Executed,
    Leg,
    LegAction,
    LegStatus,
    Outcome,
    Payment,
)
from souk.modules.payments.errors import DeadlinePassed, NothingHeld, PaymentNotFound
from souk.modules.payments.ports import PaymentGateway
from souk.modules.payments.repository import legs as leg_rows
from souk.modules.payments.repository import payments as payment_rows
from souk.modules.payments.repository import refunds as refund_rows
from souk.modules.payments.service.parts import Parts


class Asking:
    """Calls for parties to sign. All of it is computed, nothing is sent."""

    _parts: Parts

    def fulfil(self, tx: Transaction, order_id: str) -> Outcome:
        """The seller says that the order is on its way; `Executed` where there is nothing to
        fulfil. Raises `NothingHeld`, `DeadlinePassed`."""
        leg = self._held(tx, order_id)
        if leg.status is LegStatus.FULFILLED:
            return Executed(leg.id)
        head = self._parts.chains.head(tx, leg.chain_id)
        if head is not None and leg.deadline is not None and head.at > leg.deadline:
            raise DeadlinePassed("the time to fulfil is over; the buyer gets the money back")
        return self._gateway(leg).fulfil([leg])

    def release(self, tx: Transaction, order_id: str) -> Outcome:
        """The buyer gives the held money to the seller. Raises `NothingHeld`."""
        leg = self._held(tx, order_id)
        return self._gateway(leg).release([leg])

    def refund(self, tx: Transaction, order_id: str) -> Outcome:
        """The seller gives back all that is held for the order, also what was paid twice or late.
        Raises `NothingHeld`."""
        return self._refund(
            [leg for leg in leg_rows.list_of_order(tx, order_id) if leg.status in HOLDING]
        )

    def refund_owed(self, principal: Principal, payment_id: str) -> Outcome:
        """For a seller: the calls that give back what was paid twice or too late for the caller's
        orders. Raises `PaymentNotFound`, `NothingHeld`."""
        with self._parts.uow.begin() as tx:
            payment = payment_rows.find(tx, payment_id)
            if payment is None:
                raise PaymentNotFound("there is no such payment")
            owed = self._owed(tx, principal, payment)
        return self._refund(owed)

    def _owed(self, tx: Transaction, principal: Principal, payment: Payment) -> list[Leg]:
        mine = [
            order
            for order in self._parts.orders.get_checkout(tx, payment.checkout_id).orders
            if order.seller_account_id == principal.account_id
        ]
        if not mine:
            raise PaymentNotFound("there is no such payment")
        return [leg for order in mine for leg in refund_rows.list_open_legs(tx, order.id)]

    def ask(self, action: LegAction, legs: Sequence[Leg]) -> Outcome:
        """The calls for several legs of one method at once, for whoever may send them."""
        gateway = self._gateway(legs[0])
        match action:
            case LegAction.FULFIL:
                return gateway.fulfil(legs)
            case LegAction.RELEASE:
                return gateway.release(legs)
            case LegAction.REFUND:
                return gateway.refund(legs)

    def _refund(self, legs: Sequence[Leg]) -> Outcome:
        if not legs:
            raise NothingHeld("no money is held here that could go back")
        return self._gateway(legs[0]).refund(legs)

    def _held(self, tx: Transaction, order_id: str) -> Leg:
        leg = leg_rows.find_paid(tx, order_id)
        if leg is None or leg.status not in HOLDING or self._is_owed_back(tx, leg):
            raise NothingHeld("no money is held for this order")
        return leg

    def _is_owed_back(self, tx: Transaction, leg: Leg) -> bool:
        return bool(refund_rows.list_of_legs(tx, [leg.id]))

    def _gateway(self, leg: Leg) -> PaymentGateway:
        return self._parts.gateways[leg.method]
