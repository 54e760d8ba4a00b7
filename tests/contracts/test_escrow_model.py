"""The escrow's model keeps the contract's invariants, so that it may judge the contract."""

from collections import Counter
from dataclasses import dataclass, field

import pytest

from tests.support.escrow_actions import Donate, Treat
from tests.support.escrow_comparison import expected
from tests.support.escrow_model import BPS, EscrowModel
from tests.support.escrow_sequences import Script, written
from tests.support.escrow_stage import MONEY, a_model
from tests.support.escrow_terms import ESCROW, Event, Order, Status

SEQUENCES, ACTIONS = 100, 30
PRETENDS = "AnswerTrueWithoutMoving"
ARROWS = {
    (Status.NONE, Status.PAID),
    (Status.NONE, Status.FULFILLED),
    (Status.PAID, Status.FULFILLED),
    (Status.PAID, Status.SETTLED),
    (Status.FULFILLED, Status.DISPUTED),
    (Status.FULFILLED, Status.SETTLED),
    (Status.DISPUTED, Status.SETTLED),
}


@dataclass(slots=True)
class Played:
    """A sequence, what it has come to, and all events and changes of a status on the way."""

    script: Script
    model: EscrowModel = field(default_factory=a_model)
    events: list[Event] = field(default_factory=list)
    changes: set[tuple[Status, Status]] = field(default_factory=set)

    def play(self) -> None:
        """All of it."""
        states, orders = self.model.states, self.script.orders.values()
        for action in self.script.actions:
            before = [(order, states[order].status) for order in orders]
            self.events += expected(self.model, action, self.script.orders)[0]
            states = self.model.states
            self.changes |= {(old, states[order].status) for order, old in before}


@pytest.fixture(scope="module")
def played() -> list[Played]:
    """Sequences of any kind."""
    found = [Played(written(seed, b"\1" * ACTIONS)) for seed in range(SEQUENCES)]
    for one in found:
        one.play()
    return found


def moved(order: Order, events: list[Event]) -> Counter[str]:
    """What went where, by the events of one order."""
    sums: Counter[str] = Counter()
    for event in events:
        if event.name == "Settled" and event.arguments[0] == order:
            sums.update(
                dict(zip(("to buyer", "to seller", "fee"), event.arguments[2:5], strict=True))
            )
        if event.name == "Reimbursed" and event.arguments[0] == order:
            sums.update({"given back": event.arguments[1]})
    return sums


def test_model_has_what_it_owes_when_sequences_end(played: list[Played]) -> None:
    for one in played:
        owed = Counter[str]()
        for order, state in one.model.states.items():
            owed[order.token] += state.remaining
        for (token, _), amount in one.model.credits.items():
            owed[token] += amount
        for action in one.script.actions:
            if isinstance(action, Donate):
                owed[action.token] += action.amount
        # What a token only pretends to have paid stays, and is nobody's.
        pretends = any(
            isinstance(each, Treat) and each.way == PRETENDS for each in one.script.actions
        )
        for token in MONEY:
            over = one.model.balances[token, ESCROW] - owed[token]
            assert over == 0 or (pretends and token == "fickle" and over > 0), one.script


def test_model_divides_all_of_an_order_when_sequences_end(played: list[Played]) -> None:
    for one in played:
        for order, state in one.model.states.items():
            sums = moved(order, one.events)
            given = sums["to buyer"] + sums["to seller"]
            assert given + state.remaining == (order.amount if state.status else 0), one.script
            assert state.released == sums["to seller"] - sums["given back"], one.script


def test_model_takes_the_fee_of_the_sum_when_it_is_released_in_parts(played: list[Played]) -> None:
    for one in played:
        for order in one.model.states:
            sums = moved(order, one.events)
            assert sums["fee"] == sums["to seller"] * order.fee_bps // BPS, one.script


def test_model_moves_a_status_along_the_arrows_when_anything_happens(played: list[Played]) -> None:
    changes = {change for one in played for change in one.changes}
    assert {(old, new) for old, new in changes if old is not new} == ARROWS
