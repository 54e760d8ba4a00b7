"""The table of transitions: what each actor may do from each status."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from souk.modules.orders.domain import (
    FINAL,
    TRANSITIONS,
    Actor,
    OrderStatus,
    StockMove,
    allowed_transitions,
    decide,
)
from souk.modules.orders.errors import IllegalTransition

S = OrderStatus
RAILS = {Actor.CHAIN, Actor.GATEWAY}
PEOPLE = [actor for actor in Actor if actor not in RAILS]
FACTS = [S.SHIPPED, S.COMPLETED, S.CANCELLED]

# Written out by hand from the design, so that a slip in the table is seen.
LEGAL = {
    (S.PENDING_PAYMENT, S.PAID): {*RAILS, Actor.SYSTEM},
    (S.PENDING_PAYMENT, S.EXPIRED): {Actor.SYSTEM},
    (S.PENDING_PAYMENT, S.CANCELLED): {Actor.BUYER, Actor.SELLER, Actor.SYSTEM, Actor.STAFF},
    (S.EXPIRED, S.PAID): {*RAILS, Actor.SYSTEM},
    (S.PAID, S.PENDING_PAYMENT): {*RAILS, Actor.SYSTEM},
    (S.PROCESSING, S.PENDING_PAYMENT): {*RAILS, Actor.SYSTEM},
    (S.PAID, S.PROCESSING): {Actor.SELLER, Actor.SYSTEM},
    (S.PAID, S.SHIPPED): {Actor.SELLER, Actor.SYSTEM},
    (S.PROCESSING, S.SHIPPED): {Actor.SELLER, Actor.SYSTEM},
    (S.SHIPPED, S.DELIVERED): {Actor.BUYER, Actor.SYSTEM, Actor.STAFF},
    (S.SHIPPED, S.COMPLETED): {Actor.BUYER, Actor.SYSTEM, Actor.STAFF},
    (S.DELIVERED, S.COMPLETED): {Actor.BUYER, Actor.SYSTEM, Actor.STAFF},
    (S.PAID, S.CANCELLED): {Actor.SELLER, Actor.SYSTEM, Actor.STAFF},
    (S.PROCESSING, S.CANCELLED): {Actor.SELLER, Actor.SYSTEM, Actor.STAFF},
    (S.SHIPPED, S.CANCELLED): {Actor.SELLER, Actor.SYSTEM, Actor.STAFF},
    (S.DELIVERED, S.CANCELLED): {Actor.SELLER, Actor.SYSTEM, Actor.STAFF},
}


def legal(source: OrderStatus, to: OrderStatus, actor: Actor) -> bool:
    if actor in RAILS and to in FACTS:
        return True
    return actor in LEGAL.get((source, to), set())


@pytest.mark.parametrize("actor", Actor)
@pytest.mark.parametrize("source", OrderStatus)
def test_decide_follows_the_design_for_every_target(source, actor) -> None:
    for to in OrderStatus:
        if legal(source, to, actor):
            assert decide(source, to, actor).to in {to, source}
        else:
            with pytest.raises(IllegalTransition):
                decide(source, to, actor)


@pytest.mark.parametrize("actor", PEOPLE)
def test_decide_moves_the_status_when_a_person_may(actor) -> None:
    for (source, to), actors in LEGAL.items():
        if actor in actors:
            assert decide(source, to, actor).to is to


@pytest.mark.parametrize("rail", sorted(RAILS))
@pytest.mark.parametrize("fact", FACTS)
@pytest.mark.parametrize("source", OrderStatus)
def test_decide_accepts_a_fact_about_money_from_any_status(source, fact, rail) -> None:
    step = decide(source, fact, rail)

    past = source in FINAL or (fact is S.SHIPPED and source in (S.SHIPPED, S.DELIVERED))
    assert step.to is (source if past else fact)


@given(st.sampled_from(sorted(FINAL)), st.sampled_from(FACTS))
def test_decide_only_notes_a_fact_when_the_order_is_final(status, fact) -> None:
    step = decide(status, fact, Actor.CHAIN)

    assert not step.moves
    assert step.stock is StockMove.NONE


def test_refusal_says_the_status_and_what_is_allowed() -> None:
    with pytest.raises(IllegalTransition) as refusal:
        decide(S.SHIPPED, S.PAID, Actor.BUYER)

    assert refusal.value.context["status"] == "shipped"
    assert refusal.value.context["allowed"] == ["delivered", "completed"]


@given(st.sampled_from(OrderStatus), st.sampled_from(Actor))
def test_allowed_lists_only_what_decide_accepts(status, actor) -> None:
    for to in allowed_transitions(status, actor):
        assert decide(status, to, actor).to is to


def test_allowed_lists_every_follower_when_nobody_is_named() -> None:
    for status in OrderStatus:
        followers = {to for source, to in LEGAL if source is status}
        assert set(allowed_transitions(status)) == followers


@pytest.mark.parametrize("actor", Actor)
def test_holds_stop_only_what_cannot_be_undone(actor) -> None:
    for row in TRANSITIONS:
        for source in row.sources:
            if actor in row.actors:
                stops = decide(source, row.to, actor).irreversible
                assert stops is (row.number in ("T11", "T12") and actor not in RAILS)


class AnyOrder(RuleBasedStateMachine):
    """One order under every actor at random: its stock is counted beside the table."""

    def __init__(self) -> None:
        super().__init__()
        self.status = S.PENDING_PAYMENT
        self.stock = "reserved"
        self.completions = 0

    @rule(to=st.sampled_from(OrderStatus), actor=st.sampled_from(Actor))
    def asks(self, to: OrderStatus, actor: Actor) -> None:
        try:
            step = decide(self.status, to, actor)
        except IllegalTransition:
            return
        self.completions += step.moves and step.to is S.COMPLETED
        self.stock = self._moved(step.stock)
        self.status = step.to

    def _moved(self, move: StockMove) -> str:
        sources, target = {
            StockMove.NONE: (("reserved", "allocated", "released"), self.stock),
            StockMove.ALLOCATE: (("reserved",), "allocated"),
            StockMove.UNALLOCATE: (("allocated",), "reserved"),
            StockMove.RELEASE: (("reserved", "allocated"), "released"),
            StockMove.REVIVE: (("released",), "allocated"),
        }[move]
        assert self.stock in sources, f"{move} of stock that is {self.stock}"
        return target

    @invariant()
    def completes_at_most_once(self) -> None:
        assert self.completions <= 1

    @invariant()
    def holds_stock_as_the_status_says(self) -> None:
        expected = {
            S.PENDING_PAYMENT: {"reserved"},
            S.EXPIRED: {"released"},
            S.CANCELLED: {"released", "allocated"},
        }
        assert self.stock in expected.get(self.status, {"allocated"})


TestAnyOrder = AnyOrder.TestCase
