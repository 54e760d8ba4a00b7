"""Asking a rail to move money. Asking changes nothing here: the fact does."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from souk.core.addresses import Address
from souk.core.idempotency import NO_RECEIPT, Receipt
from souk.core.principal import Principal
from souk.core.unit_of_work import Transaction
from souk.modules.orders.domain import OrderRecord
from souk.modules.payments.domain import (
    HOLDING,
    CallToSign,
    EscrowLeg,
    Executed,
    Instructed,
    Leg,
    LegStatus,
    NeedsSignature,
    Outcome,
    Party,
    Payment,
    Split,
)
from souk.modules.payments.errors import (
    ChainTimeUnknown,
    DeadlinePassed,
    NothingHeld,
    PaymentNotFound,
    SplitOutOfRange,
)
from souk.modules.payments.ports import PaymentGateway
from souk.modules.payments.repository import legs as leg_rows
from souk.modules.payments.repository import payments as payment_rows
from souk.modules.payments.repository import refunds as refund_rows
from souk.modules.payments.service.instruct import Instructing
from souk.modules.payments.service.times import now_by
from souk.modules.sellers.domain.team import Permission

_TIME_TO_SEND = timedelta(days=1)


class Asking(Instructing):
    """Called with no transaction open, because a rail may have to be reached."""

    def fulfil(self, leg: Leg) -> Outcome:
        """The seller says that the order is on its way; `Executed` where there is nothing to
        fulfil, and where the rail takes our word. What it thereby said the caller takes in. Raises
        `DeadlinePassed`."""
        if leg.status in (LegStatus.FULFILLED, LegStatus.DISPUTED):
            return Executed(leg.id)
        with self._parts.uow.begin() as tx:
            reached = self._now(tx, leg)
        if reached is not None and leg.deadline is not None and reached > leg.deadline:
            raise DeadlinePassed("the time to fulfil is over; the buyer gets the money back")
        return self._gateway(leg).fulfil([leg])

    def release(self, *legs: Leg, request_key: str | None = None) -> Outcome:
        """All that is held goes to the sellers: by the buyer at any time, by anyone once the legs
        are due. Raises `NothingHeld`, `MovementUnderWay`."""
        return self._done(self._gateway(_first(legs)).release(legs), request_key)

    def refund(self, *legs: Leg, request_key: str | None = None) -> Outcome:
        """All that is held goes back: by the seller at any time, by anyone once the legs are due;
        what an arbiter left undecided is then divided as the terms say. Raises `NothingHeld`,
        `MovementUnderWay`."""
        return self._done(self._gateway(_first(legs)).refund(legs), request_key)

    def give_back(self, leg: Leg, request_key: str | None = None) -> Outcome:
        """All that is held goes back because the seller wants it to. Of a dispute the seller gives
        all away by settling, since a refund would divide it when the arbiter's time is over.
        Raises what `settle` of the rail raises."""
        if leg.status is not LegStatus.DISPUTED:
            return self.refund(leg, request_key=request_key)
        return self.give_back_part(leg, leg.remaining, request_key)

    def give_back_part(self, leg: Leg, amount: int, request_key: str | None = None) -> Outcome:
        """So much of what is held goes back because the seller wants it to.

        By a chain's time that lies behind, or is not known, the call might be over before it is
        sent: it stands for a day from the later of that and our own. Raises what `settle` of the
        rail raises."""
        with self._parts.uow.begin() as tx:
            reached, wall = self._now(tx, leg), tx.now
        now = wall if reached is None else max(reached, wall)
        split = Split(
            to_buyer=amount, to_seller=0, valid_until=int((now + _TIME_TO_SEND).timestamp())
        )
        outcome = self._gateway(leg).settle(leg, split, sender=Party.SELLER)
        return self._done(outcome, request_key)

    def reimburse(self, leg: Leg, amount: int, request_key: str | None = None) -> Outcome:
        """The seller gives so much of what was released back. Raises `SplitOutOfRange`, and what
        the rail refuses with."""
        if not 0 < amount <= leg.returnable:
            raise SplitOutOfRange(
                "this is nothing, or more than the seller has received and not given back",
                context={"amount": str(amount), "received": str(leg.returnable)},
            )
        return self._done(self._gateway(leg).reimburse(leg, amount), request_key)

    def refund_part(
        self,
        principal: Principal,
        payment_id: str,
        order_id: str,
        amount: int,
        receipt: Receipt = NO_RECEIPT,
    ) -> Outcome:
        """The seller of an order gives so much of its money back, in the asset it was paid in: out
        of what is held, or of what was released already. Raises `PaymentNotFound`, `NothingHeld`,
        `SplitOutOfRange`, `MovementUnderWay`."""
        with self._parts.uow.begin() as tx:
            leg = self._paid_leg(tx, principal, payment_id, order_id)
        outcome = self.carry_on(receipt.request_key)
        if outcome is None:
            back = self.give_back_part if leg.status in HOLDING else self.reimburse
            outcome = back(leg, amount, receipt.request_key)
        with self._parts.uow.begin() as tx:
            receipt.store(tx, outcome)
            tx.commit()
        return outcome

    def _paid_leg(
        self, tx: Transaction, principal: Principal, payment_id: str, order_id: str
    ) -> Leg:
        payment = payment_rows.find(tx, payment_id)
        checkout = None if payment is None else payment.checkout_id
        orders = [] if checkout is None else self._parts.orders.get_checkout(tx, checkout).orders
        if order_id not in {order.id for order in self._sold(tx, principal, orders)}:
            raise PaymentNotFound("there is no such payment")
        leg = leg_rows.find_paid(tx, order_id)
        if leg is None:
            raise NothingHeld("this order is not paid")
        return leg

    def _now(self, tx: Transaction, leg: Leg) -> datetime | None:
        """By the leg's clock; `None` while its chain is not followed."""
        try:
            return now_by(tx, self._parts.chains, leg.clock)
        except ChainTimeUnknown:
            return None

    def _done(self, outcome: Outcome, request_key: str | None = None) -> Outcome:
        """What the parties hear: of a rail that does what we say, what became of it."""
        match outcome:
            case Instructed():
                return self.instruct(outcome, request_key)
            case Executed():
                for fact in outcome.facts:
                    self.observe(fact)
        return outcome

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
            if isinstance(leg, EscrowLeg):
                held[leg.chain_id, leg.contract].append(leg)
        return _joined([self.refund(*legs) for legs in held.values()])

    def _owed(self, tx: Transaction, principal: Principal, payment: Payment) -> list[Leg]:
        orders = self._parts.orders.get_checkout(tx, payment.checkout_id).orders
        mine = self._sold(tx, principal, orders)
        if not mine:
            raise PaymentNotFound("there is no such payment")
        return [leg for order in mine for leg in refund_rows.list_open_legs(tx, order.id)]

    def _sold(
        self, tx: Transaction, principal: Principal, orders: Sequence[OrderRecord]
    ) -> list[OrderRecord]:
        """Those of these orders whose money the caller may give back. Raises `RoleTooSmall` when
        it acts for one of their stores without that."""
        sellers = self._parts.sellers
        mine = [o for o in orders if sellers.find_role(tx, o.seller_id, principal.account_id)]
        for order in mine:
            sellers.require(tx, order.seller_id, principal, Permission.REFUND)
        return mine

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
