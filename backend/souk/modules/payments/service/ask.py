"""Asking a rail to move money that is held. Asking changes nothing here: the fact does."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from souk.core.addresses import Address
from souk.core.principal import Principal
from souk.core.unit_of_work import Transaction
from souk.modules.payments.domain import (
    CallToSign,
    Executed,
    Leg,
    LegStatus,
    NeedsSignature,
    Outcome,
    Party,
    Payment,
    Split,
)
from souk.modules.payments.errors import DeadlinePassed, NothingHeld, PaymentNotFound
from souk.modules.payments.ports import PaymentGateway
from souk.modules.payments.repository import payments as payment_rows
from souk.modules.payments.repository import refunds as refund_rows
from souk.modules.payments.service.parts import Parts

_TIME_TO_SEND = timedelta(days=1)


class Asking:
    """Called with no transaction open, because a rail may have to be reached."""

    _parts: Parts

    def fulfil(self, leg: Leg) -> Outcome:
        """The seller says that the order is on its way; `Executed` where there is nothing to
        fulfil. Raises `DeadlinePassed`."""
        if leg.status in (LegStatus.FULFILLED, LegStatus.DISPUTED):
            return Executed(leg.id)
        with self._parts.uow.begin() as tx:
            head = self._parts.chains.head(tx, leg.chain_id)
        if head is not None and leg.deadline is not None and head.at > leg.deadline:
            raise DeadlinePassed("the time to fulfil is over; the buyer gets the money back")
        return self._gateway(leg).fulfil([leg])

    def release(self, *legs: Leg) -> Outcome:
        """All that is held goes to the sellers: by the buyer at any time, by anyone once the legs
        are due. Raises `NothingHeld`."""
        return self._gateway(_first(legs)).release(legs)

    def refund(self, *legs: Leg) -> Outcome:
        """All that is held goes back: by the seller at any time, by anyone once the legs are due;
        what an arbiter left undecided is then divided as the terms say. Raises `NothingHeld`."""
        return self._gateway(_first(legs)).refund(legs)

    def give_back(self, leg: Leg) -> Outcome:
        """All that is held goes back because the seller wants it to. Of a dispute the seller gives
        all away by settling, since a refund would divide it when the arbiter's time is over.
        By a chain's time that lies behind, or is not known, the call might be over before it is
        sent: it stands for a day from the later of that and our own. Raises what `settle` of the
        rail raises."""
        if leg.status is not LegStatus.DISPUTED:
            return self.refund(leg)
        with self._parts.uow.begin() as tx:
            head = self._parts.chains.head(tx, leg.chain_id)
        now = tx.now if head is None else max(head.at, tx.now)
        everything = Split(
            to_buyer=leg.remaining,
            to_seller=0,
            valid_until=int((now + _TIME_TO_SEND).timestamp()),
        )
        return self._gateway(leg).settle(leg, everything, sender=Party.SELLER)

    def refund_owed(self, principal: Principal, payment_id: str) -> Outcome:
        """For a seller: the calls that give back what was paid twice or too late for the caller's
        orders, one for each contract that holds some of it. Raises `PaymentNotFound`,
        `NothingHeld`."""
        with self._parts.uow.begin() as tx:
            payment = payment_rows.find(tx, payment_id)
            if payment is None:
                raise PaymentNotFound("there is no such payment")
            owed = self._owed(tx, principal, payment)
        held: dict[tuple[int, Address], list[Leg]] = defaultdict(list)
        for leg in owed:
            held[leg.chain_id, leg.contract].append(leg)
        return _joined([self.refund(*legs) for legs in held.values()])

    def _owed(self, tx: Transaction, principal: Principal, payment: Payment) -> list[Leg]:
        mine = [
            order
            for order in self._parts.orders.get_checkout(tx, payment.checkout_id).orders
            if order.seller_account_id == principal.account_id
        ]
        if not mine:
            raise PaymentNotFound("there is no such payment")
        return [leg for order in mine for leg in refund_rows.list_open_legs(tx, order.id)]

    def _gateway(self, leg: Leg) -> PaymentGateway:
        return self._parts.gateways[leg.method]


def _joined(outcomes: Sequence[Outcome]) -> Outcome:
    """What several contracts need, to be signed one after the other."""
    if not outcomes:
        raise NothingHeld("no money is held here that could move")
    if len(outcomes) == 1:
        return outcomes[0]
    parties: set[Address | None] = set()
    calls: list[CallToSign] = []
    for outcome in outcomes:
        if not isinstance(outcome, NeedsSignature):
            raise TypeError("only what is to be signed is asked for by contract")
        parties.add(outcome.by)
        calls += outcome.calls
    return NeedsSignature(by=parties.pop() if len(parties) == 1 else None, calls=tuple(calls))


def _first(legs: Sequence[Leg]) -> Leg:
    if not legs:
        raise NothingHeld("no money is held here that could move")
    return legs[0]
