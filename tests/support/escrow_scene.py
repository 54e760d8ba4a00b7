"""What a sequence of actions on an escrow contract has come to, and choices of what comes next."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.support.escrow_actions import Action, Call
from tests.support.escrow_model import DAY, EscrowModel
from tests.support.escrow_stage import FICKLE_PAYEE, WALLET, a_model
from tests.support.escrow_terms import COIN, NOBODY, Order, Refused, State, Status

MOST_ORDERS = 8
MOST = 2**96 - 1
_BUYERS = ("buyer", "buyer", WALLET, FICKLE_PAYEE)
_SELLERS = ("seller", "seller", FICKLE_PAYEE, WALLET)


class Choices:
    """Chance, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def one_in(self, times: int) -> bool:
        """Whether it is the one time in so many."""
        return self._random.randrange(times) == 0

    def one(self, *choices: Any) -> Any:
        """One of these."""
        return choices[self._random.randrange(len(choices))]

    def usual(self, usual: Sequence[Any], anything: Sequence[Any], one_in: int = 10) -> Any:
        """One of the usual, but one time in so many one of anything."""
        exceptional = self.one_in(one_in)
        return self.one(*(anything if exceptional or not usual else usual))


@dataclass(slots=True)
class Scene:
    """How tokens may behave, the orders of the sequence by their places, the model, what was
    offered for `settle`, and where the orders stand by now."""

    token_ways: tuple[str, ...]
    orders: dict[int, Order] = field(default_factory=dict)
    model: EscrowModel = field(default_factory=a_model)
    offered: list[Call] = field(default_factory=list)
    states: dict[int, State] = field(default_factory=dict)

    def play(self, action: Action) -> Action:
        """Do it to the model, whatever comes of it."""
        self.model.now = action.at
        with suppress(Refused):
            action.play(self.model, self.orders)
        if isinstance(action, Call) and action.function == "settle":
            self.offered.append(action)
        self.states = {n: self.model.states[order] for n, order in self.orders.items()}
        return action

    def has_room(self) -> bool:
        """Whether there may be another order."""
        return len(self.orders) < MOST_ORDERS

    def draft(self, made: Choices, **given: str) -> int:
        """The place of a new order of any kind, which can be paid from now on or soon."""
        place = len(self.orders)
        buyer = given.get("buyer") or made.one(*_BUYERS)
        pay_by = self.model.now + made.one(DAY, 30 * DAY, 600, 30 * DAY + 5)
        fee_bps = made.one(250, 0, 1, 333, 1_000)
        self.orders[place] = Order(
            buyer=buyer,
            seller=made.one(*(who for who in _SELLERS if who != buyer)),
            token=given.get("token") or made.one("dollar", COIN, "fickle", "fickle"),
            amount=made.one(99_999_989, 1, 2, 1_009, 9_973, MOST),
            arbiter=made.one("arbiter", "arbiter", "arbiter", NOBODY),
            fee_to=made.one("fee taker", buyer if fee_bps else NOBODY),
            fee_bps=fee_bps,
            silent_bps=made.one(5_000, 0, 3_333, 10_000),
            pay_by=pay_by,
            fulfil_by=made.one(pay_by + 3 * DAY, pay_by + 1, pay_by + 365 * DAY, 0),
            window=made.one(14 * DAY, 14 * DAY, 0, 3_600, 180 * DAY),
            ref=place,
        )
        return place

    def state(self, place: int) -> State:
        """Where an order stands."""
        return self.states.get(place, State())

    def places(self, *statuses: Status) -> list[int]:
        """Of the orders that stand there; of all when no status is named."""
        return [n for n in self.orders if not statuses or self.state(n).status in statuses]

    def payable(self, *tokens: str) -> list[int]:
        """Of the orders in these tokens that can still be paid."""
        found = [n for n in self.places(Status.NONE) if self.orders[n].token in tokens]
        return [n for n in found if self.model.now < self.orders[n].pay_by]

    def timely(self, status: Status) -> list[int]:
        """Of the orders that stand there and whose deadline is yet to come."""
        return [n for n in self.places(status) if self.model.now < self.state(n).deadline]

    def disputable(self) -> list[int]:
        """Of the orders that can come before an arbiter."""
        return [n for n in self.timely(Status.FULFILLED) if self.orders[n].arbiter != NOBODY]

    def reimbursable(self) -> list[int]:
        """Of the orders of which something was released and not given back."""
        return [n for n in self.places(Status.SETTLED) if self.state(n).released]

    def credited(self) -> list[tuple[str, str]]:
        """Token and account of every credit."""
        return [key for key, amount in self.model.credits.items() if amount]

    def treatable(self) -> list[tuple[str, str]]:
        """Token and account of every payee of held money who could be treated badly."""
        held = (self.orders[n] for n in self.places(Status.PAID, Status.FULFILLED, Status.DISPUTED))
        payees = [(each.token, who) for each in held for who in (each.buyer, each.seller)]
        return [one for one in payees if one[0] == "fickle" or one == (COIN, FICKLE_PAYEE)]

    def moments(self, place: int) -> tuple[int, ...]:
        """When something changes for an order by itself."""
        order, state = self.orders[place], self.state(place)
        if state.status is Status.NONE:
            return (order.pay_by, order.pay_by - 30 * DAY)
        return (state.deadline,)
