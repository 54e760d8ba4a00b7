"""The escrow contract as its specification has it, in Python: the reference that others must match.

It shares no code with the product and knows no encoding. A call either returns the contract's
events in their order, or changes nothing and raises `Refused` with every refusal that applies; the
specification does not say which of several is reported, so the contract may report any of them.

Around the contract stand the tokens and payees it deals with, as far as they matter to it: who
owns and allowed how much, who takes money and who refuses it, and which signatures are used up.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass, field, fields, replace
from functools import wraps

from tests.support.escrow_terms import (
    COIN,
    ESCROW,
    FIELDS,
    NOBODY,
    OUTSIDE,
    PERMIT2,
    Authorization,
    Event,
    Kind,
    Offer,
    Order,
    Permit,
    Permit2Transfer,
    Refusal,
    Refused,
    Signature,
    State,
    Status,
    Way,
)

MAX_FEE_BPS, BPS, DAY, WITHOUT_END = 1_000, 10_000, 86_400, 2**256 - 1
TIME_TO_RULE = 30 * DAY
# Gas that must be left before a push, or the call reverts: never a credit for want of gas.
COIN_PUSH_GAS, TOKEN_PUSH_GAS = 50_000 * 64 // 63 + 30_000, 120_000


def _call(body: Callable[..., None]) -> Callable[..., list[Event]]:
    """A function of the contract: its events in order, or nothing has happened and `Refused`."""

    @wraps(body)
    def call(self: "EscrowModel", *args: object, **kwargs: object) -> list[Event]:
        kept = {each.name: copy(getattr(self, each.name)) for each in fields(self)}
        self.events, self.refusals = [], []
        try:
            body(self, *args, **kwargs)
            self._decide()
        except Refused:
            for name, value in kept.items():
                setattr(self, name, value)
            raise
        return self.events

    return call


@dataclass(slots=True)
class EscrowModel:
    """One contract and its surroundings. Set `now` between calls; it must not go back."""

    now: int
    tokens: frozenset[str]  # those with code; they know EIP-2612 and EIP-3009
    has_gas: bool = True  # to push; the caller of a call decides
    states: dict[Order, State] = field(default_factory=lambda: defaultdict(State))
    credits: Counter[tuple[str, str]] = field(default_factory=Counter)  # by token and account
    balances: Counter[tuple[str, str]] = field(default_factory=Counter)  # by token and account
    allowances: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # … and spender
    ways: dict[tuple[str, str], Way] = field(default_factory=dict)  # by token and account
    permit_nonces: Counter[tuple[str, str]] = field(default_factory=Counter)  # by token and owner
    used: set[object] = field(default_factory=set)  # nonces of signed transfers
    events: list[Event] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    @_call
    def pay(self, sender: str, orders: Sequence[Order], value: int = 0) -> None:
        """By the buyer, with the exact coin or out of an allowance."""
        self._hold(orders, sender=sender)
        self._take(sender, orders[0].token, sum(order.amount for order in orders), value)

    @_call
    def pay_with_permit(
        self, sender: str, orders: Sequence[Order], deadline: int, signature: Signature | None
    ) -> None:
        """As `pay`, after trying a permit over the sum; whether it works does not matter."""
        self._hold(orders, sender=sender, signed=True)
        token, total = orders[0].token, sum(order.amount for order in orders)
        permit = Permit(token, sender, total, self.permit_nonces[token, sender], deadline)
        if signature == Signature(sender, permit) and self.now <= deadline:
            self.permit_nonces[token, sender] += 1
            self.allowances[token, sender, ESCROW] = total
        self._take(sender, token, total, 0)

    @_call
    def pay_with_authorization(
        self,
        sender: str,
        orders: Sequence[Order],
        after: int,
        before: int,
        signature: Signature | None,
    ) -> None:
        """By anyone who brings the buyer's authorization for this very cart."""
        self._hold(orders, signed=True)
        buyer, token = orders[0].buyer, orders[0].token
        total = sum(order.amount for order in orders)
        due = Authorization(token, buyer, total, after, before, tuple(orders))
        signed = signature == Signature(buyer, due) and after < self.now < before
        nonce = (token, buyer, due.cart)
        self._need(signed and nonce not in self.used)
        self.used.add(nonce)
        self._receive(token, buyer, total, answers=False)

    @_call
    def pay_with_permit2(
        self,
        sender: str,
        orders: Sequence[Order],
        nonce: int,
        deadline: int,
        signature: Signature | None,
    ) -> None:
        """By anyone who brings the buyer's Permit2 transfer for this very cart."""
        self._hold(orders, signed=True)
        buyer, token = orders[0].buyer, orders[0].token
        total = sum(order.amount for order in orders)
        due = Permit2Transfer(token, total, nonce, deadline, tuple(orders))
        signed = signature == Signature(buyer, due) and self.now <= deadline
        self._need(signed and (PERMIT2, buyer, nonce) not in self.used)
        self.used.add((PERMIT2, buyer, nonce))
        self._spend_allowance(token, buyer, PERMIT2, total)
        self._receive(token, buyer, total)

    @_call
    def fulfil(self, sender: str, orders: Sequence[Order]) -> None:
        """By the seller, while Paid and up to `fulfilBy`."""
        for order in self._unsettled(orders):
            self._need(sender == order.seller, "NotParty", sender)
            if self._need_status(order, Status.PAID):
                deadline = self.states[order].deadline
                self._need(self.now <= deadline, "TooLate", deadline)
            self._decide()
            self._move(order, Status.FULFILLED, self.now + order.window)
            self._emit("Fulfilled", order, self.now + order.window)

    @_call
    def release(self, sender: str, orders: Sequence[Order]) -> None:
        """By the buyer at any time; by anyone after the deadline when Fulfilled."""
        for order in self._unsettled(orders):
            state = self.states[order]
            if sender == order.buyer:
                self._need_status(order, Status.PAID, Status.FULFILLED, Status.DISPUTED)
            elif self._need_status(order, Status.FULFILLED):
                self._need(self.now > state.deadline, "TooEarly", state.deadline)
            self._divide(order, Kind.RELEASE, 0, state.remaining)

    @_call
    def refund(self, sender: str, orders: Sequence[Order]) -> None:
        """By the seller in any state; by anyone after the deadline when Paid or Disputed."""
        for order in self._unsettled(orders):
            state = self.states[order]
            if state.status is Status.DISPUTED and self.now > state.deadline:
                to_buyer = state.remaining * order.silent_bps // BPS
                self._divide(order, Kind.ARBITER_SILENT, to_buyer, state.remaining - to_buyer)
                continue
            if sender == order.seller:
                self._need_status(order, Status.PAID, Status.FULFILLED, Status.DISPUTED)
            elif self._need_status(order, Status.PAID, Status.DISPUTED):
                self._need(self.now > state.deadline, "TooEarly", state.deadline)
            self._divide(order, Kind.REFUND, state.remaining, 0)

    @_call
    def dispute(self, sender: str, order: Order) -> None:
        """By buyer or seller, while Fulfilled and up to the deadline, if there is an arbiter."""
        deadline = self.states[order].deadline
        self._need(sender in (order.buyer, order.seller), "NotParty", sender)
        self._need(order.arbiter != NOBODY, "BadOrder", FIELDS.index("arbiter"))
        if self._need_status(order, Status.FULFILLED):
            self._need(self.now <= deadline, "TooLate", deadline)
        deadline = max(deadline, self.now + TIME_TO_RULE)
        self._decide()
        self._move(order, Status.DISPUTED, deadline)
        self._emit("Disputed", order, sender, deadline)

    @_call
    def resolve(self, sender: str, order: Order, to_buyer: int) -> None:
        """By the arbiter, while Disputed and up to the deadline; too large a share is cut."""
        state = self.states[order]
        self._need(sender == order.arbiter, "NotParty", sender)
        if self._need_status(order, Status.DISPUTED):
            self._need(self.now <= state.deadline, "TooLate", state.deadline)
        to_buyer = min(to_buyer, state.remaining)
        self._divide(order, Kind.RULING, to_buyer, state.remaining - to_buyer)

    @_call
    def settle(
        self,
        sender: str,
        order: Order,
        to_buyer: int,
        to_seller: int,
        valid_until: int,
        buyer_signature: Signature | None = None,
        seller_signature: Signature | None = None,
    ) -> None:
        """By anyone, if whoever gives away its claim is the sender or signed exactly this."""
        state, total = self.states[order], to_buyer + to_seller
        offer = Offer(order, to_buyer, to_seller, state.remaining, state.status, valid_until)
        self._need_status(order, Status.PAID, Status.FULFILLED, Status.DISPUTED)
        self._need(self.now <= valid_until, "TooLate", valid_until)
        self._need(1 <= total <= state.remaining, "BadAmount", total, state.remaining)
        for gift, party, signature in (
            (to_seller, order.buyer, buyer_signature),
            (to_buyer, order.seller, seller_signature),
        ):
            agreed = sender == party or signature == Signature(party, offer)
            self._need(gift == 0 or agreed, "BadSignature", party)
        self._divide(order, Kind.SETTLEMENT, to_buyer, to_seller)

    @_call
    def reimburse(self, sender: str, order: Order, amount: int, value: int = 0) -> None:
        """By the seller, once Settled, out of what was released; the fee stays paid."""
        released = self.states[order].released
        self._need(sender == order.seller, "NotParty", sender)
        self._need_status(order, Status.SETTLED)
        self._need(1 <= amount <= released, "BadAmount", amount, released)
        self.states[order] = replace(self.states[order], released=released - amount)
        self._emit("Reimbursed", order, amount)
        self._take(sender, order.token, amount, value)
        self._push(order.token, order.buyer, amount)

    @_call
    def withdraw(self, sender: str, token: str, to: str) -> None:
        """By whoever has credits, to anyone but 0 and the escrow."""
        amount = self.credits[token, sender]
        self._need(to not in (NOBODY, ESCROW), "BadRecipient", to)
        self._need(amount > 0, "NothingDue")
        self._decide()
        del self.credits[token, sender]
        self._emit("Withdrawn", token, sender, to, amount)
        self._need(self._transfer(token, ESCROW, to, amount))

    def _hold(
        self, orders: Sequence[Order], *, sender: str | None = None, signed: bool = False
    ) -> None:
        """The terms and states of a cart; `sender` only where the buyer must be the sender."""
        self._need(bool(orders), "BadOrder", 255)
        self._decide()
        for order in orders:
            self._need(sender in (None, order.buyer), "NotParty", sender)
            for name in ("buyer", "token"):
                same = getattr(order, name) == getattr(orders[0], name)
                self._need(same, "BadOrder", FIELDS.index(name))
            self._check_terms(order, signed)
            self._need(self.now <= order.pay_by, "TooLate", order.pay_by)
            self._need_status(order, Status.NONE)
            status = Status.PAID if order.fulfil_by else Status.FULFILLED
            deadline = order.fulfil_by or self.now + order.window
            self.states[order] = State(order.amount, 0, deadline, status)
            self._emit(
                "Paid", order, order.buyer, order.seller, order.token, order.amount, order.ref
            )

    def _check_terms(self, order: Order, signed: bool) -> None:
        involved = (order.buyer, order.seller, ESCROW)
        limits = {
            "seller": order.seller not in (NOBODY, order.buyer, ESCROW),
            "token": order.token in self.tokens or (order.token == COIN and not signed),
            "amount": order.amount > 0,
            "arbiter": order.arbiter == NOBODY or order.arbiter not in involved,
            "fee_to": order.fee_bps == 0 or order.fee_to not in (NOBODY, ESCROW),
            "fee_bps": order.fee_bps <= MAX_FEE_BPS,
            "silent_bps": order.silent_bps <= BPS,
            "pay_by": order.pay_by <= self.now + 30 * DAY,
            "fulfil_by": order.fulfil_by == 0
            or order.pay_by < order.fulfil_by <= order.pay_by + 365 * DAY,
            "window": order.window <= 180 * DAY,
        }
        for name, kept in limits.items():
            self._need(kept, "BadOrder", FIELDS.index(name))

    def _unsettled(self, orders: Sequence[Order]) -> Iterable[Order]:
        """Those of a batch that a call is to change, one by one; there must be at least one."""
        self._need(bool(orders), "BadOrder", 255)
        self._decide()
        changed = False
        for order in orders:
            if self.states[order].status is not Status.SETTLED:
                changed = True
                yield order
        self._need(changed, "NothingDue")

    def _divide(self, order: Order, kind: Kind, to_buyer: int, to_seller: int) -> None:
        """Moves held money. The fee is what all that was released owes, less what it owed."""
        self._decide()
        state = self.states[order]
        remaining, released = state.remaining - to_buyer - to_seller, state.released + to_seller
        fee = released * order.fee_bps // BPS - state.released * order.fee_bps // BPS
        status = state.status if remaining else Status.SETTLED
        self.states[order] = State(remaining, released, state.deadline, status)
        self.credits[order.token, order.fee_to] += fee
        self._emit("Settled", order, kind, to_buyer, to_seller, fee, remaining)
        self._push(order.token, order.buyer, to_buyer)
        self._push(order.token, order.seller, to_seller - fee)

    def _push(self, token: str, to: str, amount: int) -> None:
        """Pays out. What fails becomes a credit, but not if the escrow's balance changed."""
        if amount == 0:
            return
        gas = COIN_PUSH_GAS if token == COIN else TOKEN_PUSH_GAS
        self._need(self.has_gas, "MoreGasNeeded", gas)
        self._decide()
        before = self.balances[token, ESCROW]
        if self._way(token, to) is not Way.SLOW and self._transfer(token, ESCROW, to, amount):
            return
        after = self.balances[token, ESCROW]
        self._need(after == before, "BadAmount", after, before)
        self.credits[token, to] += amount
        self._emit("Credited", token, to, amount)

    def _take(self, sender: str, token: str, amount: int, value: int) -> None:
        """Takes exactly `amount` from the sender: the coin sent along, or by the allowance."""
        due = amount if token == COIN else 0
        self._need(value == due, "BadAmount", value, due)
        self._decide()
        if token == COIN:
            self._transfer(token, sender, ESCROW, amount)
        else:
            self._spend_allowance(token, sender, ESCROW, amount)
            self._receive(token, sender, amount)

    def _receive(self, token: str, source: str, amount: int, *, answers: bool = True) -> None:
        """A token's transfer to the escrow, of which all must arrive. EIP-3009 has no answer."""
        self._need(self.balances[token, source] >= amount)
        self._decide()
        before = self.balances[token, ESCROW]
        delivered = self._transfer(token, source, ESCROW, amount)
        denied = Way.DENIED in (self._way(token, source), self._way(token, ESCROW))
        self._need(delivered or not (answers or denied))
        self._decide()
        got = self.balances[token, ESCROW] - before
        self._need(got == amount, "BadAmount", got, amount)

    def _spend_allowance(self, token: str, owner: str, spender: str, amount: int) -> None:
        allowed = self.allowances[token, owner, spender]
        self._need(allowed >= amount)
        if allowed != WITHOUT_END:
            self.allowances[token, owner, spender] = allowed - amount

    def _transfer(self, token: str, source: str, to: str, amount: int) -> bool:
        """Moves what the token and its payee let move; whether they say that all went well."""
        way = self._way(token, to)
        if Way.DENIED in (way, self._way(token, source)) or way is Way.REFUSES:
            return False
        if way is not Way.PRETENDS:
            self.balances[token, source] -= amount
            self.balances[token, to] += amount - (amount // 100 if way is Way.TAXES else 0)
        return way is not Way.LIES

    def _way(self, token: str, to: str) -> Way:
        return self.ways.get((token, to), Way.TAKES)

    def _move(self, order: Order, status: Status, deadline: int) -> None:
        self.states[order] = replace(self.states[order], status=status, deadline=deadline)

    def _emit(self, name: str, *arguments: object) -> None:
        self.events.append(Event(name, arguments))

    def _need_status(self, order: Order, *allowed: Status) -> bool:
        status = self.states[order].status
        return self._need(status in allowed, "BadState", order, status)

    def _need(self, holds: bool, error: str = OUTSIDE.name, *arguments: object) -> bool:
        """Notes a refusal unless `holds`; the call goes on to find the others."""
        if not holds:
            self.refusals.append(Refusal(error, arguments))
        return holds

    def _decide(self) -> None:
        """Reverts if anything was refused so far. Stands before every effect outside."""
        if self.refusals:
            raise Refused(self.refusals)
