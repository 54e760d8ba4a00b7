"""What can be done to an escrow contract and around it, to the model and to a chain alike.

An action names orders by their places among those of its sequence, also inside what was signed, so
that a printed sequence is short and can be pasted back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tests.support.escrow_model import EscrowModel
from tests.support.escrow_terms import (
    COIN,
    ESCROW,
    Authorization,
    Event,
    Offer,
    Order,
    Permit2Transfer,
    Signature,
    Way,
)

Orders = Mapping[int, Order]  # by their places
# Of the contract's functions, those that take several orders, and those that take one.
OF_CARTS = (
    *("pay", "pay_with_permit", "pay_with_authorization", "pay_with_permit2"),
    *("fulfil", "release", "refund"),
)
OF_ORDERS = ("dispute", "resolve", "settle", "reimburse")
FUNCTIONS = (*OF_CARTS, *OF_ORDERS, "withdraw")
PAYABLE = ("pay", "reimburse")

# How the mocks of tokens and receivers name their ways, and how the model does.
TOKEN_WAYS = {
    "Move": Way.TAKES,
    "MoveAndAnswerNothing": Way.TAKES,
    "Revert": Way.DENIED,
    "AnswerFalse": Way.REFUSES,
    "AnswerTrueWithoutMoving": Way.PRETENDS,
    "MoveButAnswerFalse": Way.LIES,
    "KeepOnePercent": Way.TAXES,
}
COIN_WAYS = {
    "Accept": Way.TAKES,
    "SpendFortyFiveThousandGas": Way.TAKES,
    "SpendSixtyThousandGas": Way.SLOW,
    "Revert": Way.REFUSES,
    "RevertWithHugeAnswer": Way.REFUSES,
    "BurnAllGas": Way.REFUSES,
}


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the contract by `by`, in a block of the time `at`.

    The arguments are those of the function, with places for orders. `spoiled` names a field of the
    last order and what stands there instead. `has_gas` is whether enough is left to push.
    """

    at: int
    by: str
    function: str
    arguments: tuple[Any, ...]
    value: int = 0
    spoiled: tuple[str, int | str] | None = None
    has_gas: bool = True

    def play(self, model: EscrowModel, orders: Orders) -> list[Event]:
        """What the specification says: the events, or `Refused`."""
        model.has_gas = self.has_gas
        paid = {"value": self.value} if self.function in PAYABLE else {}
        events: list[Event] = getattr(model, self.function)(self.by, *self.given(orders), **paid)
        return events

    def places(self) -> tuple[int, ...]:
        """Of the orders that it names."""
        if self.function in OF_CARTS:
            return tuple(self.arguments[0])
        return self.arguments[:1] if self.function in OF_ORDERS else ()

    def given(self, orders: Orders) -> tuple[Any, ...]:
        """The arguments with orders themselves in place of their places."""
        first, *rest = self.arguments
        if self.function in OF_CARTS:
            first = tuple(orders[place] for place in first)
            if self.spoiled:
                name, content = self.spoiled
                first = (*first[:-1], replace(first[-1], **{name: content}))
        elif self.function in OF_ORDERS:
            first = orders[first]
        return (first, *(_resolved(each, orders) for each in rest))


@dataclass(frozen=True, slots=True)
class Treat:
    """From now on a token, or an account that gets the native coin, does as a mock can."""

    at: int
    token: str
    account: str
    way: str

    def places(self) -> tuple[int, ...]:
        """None."""
        return ()

    def play(self, model: EscrowModel, orders: Orders) -> list[Event]:
        """Nothing happens yet."""
        ways = COIN_WAYS if self.token == COIN else TOKEN_WAYS
        model.ways[self.token, self.account] = ways[self.way]
        return []


@dataclass(frozen=True, slots=True)
class Approve:
    """An owner sets what a spender may take of a token."""

    at: int
    by: str
    token: str
    spender: str
    amount: int

    def places(self) -> tuple[int, ...]:
        """None."""
        return ()

    def play(self, model: EscrowModel, orders: Orders) -> list[Event]:
        """Nothing happens yet."""
        model.allowances[self.token, self.by, self.spender] = self.amount
        return []


@dataclass(frozen=True, slots=True)
class Donate:
    """The escrow gets money that belongs to no order."""

    at: int
    token: str
    amount: int

    def places(self) -> tuple[int, ...]:
        """None."""
        return ()

    def play(self, model: EscrowModel, orders: Orders) -> list[Event]:
        """It is there, and nothing else happens."""
        model.balances[self.token, ESCROW] += self.amount
        return []


Action = Call | Treat | Approve | Donate


def _resolved(argument: Any, orders: Orders) -> Any:
    """A signature over orders themselves; any other argument as it is."""
    if not isinstance(argument, Signature):
        return argument
    over: Any = argument.over
    if isinstance(over, Offer):
        over = replace(over, order=orders[over.order])
    elif isinstance(over, Authorization | Permit2Transfer):
        over = replace(over, cart=tuple(orders[place] for place in over.cart))
    return replace(argument, over=over)
