"""Buyers, sellers, banks, messages and processes in any order: after every step the books balance,
and in the end the provider has what they say."""

from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, run_state_machine_as_test
from sqlalchemy import Connection

from tests.support.card_shop import BY_CARD, CardShop, a_card_shop
from tests.support.card_story_rules import Banking, Buying, OnChain, Selling, Telling, Working
from tests.support.card_world import CardWorld, Trouble

# How far a story has come when it begins: nothing, chosen, paid, heard of, released.
BEGINNINGS = [0, 1, 2, 3, 3, 3, 4]
_PATHS = (
    "SELECT 'order', order_id, sequence, from_status, to_status FROM order_status_history"
    " UNION ALL SELECT 'attempt', attempt_id, sequence, from_status, to_status"
    " FROM payment_attempt_history ORDER BY 1, 2, 3"
)
_FIGURES = (
    "SELECT l.id, l.held, l.released, l.refunded, l.reimbursed, l.charged_back,"
    " coalesce(m.held, 0), coalesce(m.released, 0), coalesce(m.refunded, 0),"
    " coalesce(m.reimbursed, 0), coalesce(m.charged_back, 0)"
    " FROM payment_attempt_leg l LEFT JOIN order_money m ON m.holder = l.id"
)
_COMPLETIONS = (
    "SELECT order_id FROM payment_attempt_leg WHERE NOT duplicate"
    " AND status NOT IN ('awaiting', 'seen', 'orphaned') GROUP BY 1 HAVING count(*) > 1"
)


class CardStories(Buying, Selling, OnChain, Banking, Telling, Working):
    """Each example is a story of its own in a savepoint of one transaction."""

    def __init__(
        self, connection: Connection, shops: list[CardShop], happened: Counter[str]
    ) -> None:
        super().__init__()
        self._branch = connection.begin_nested()
        self._shops = shops
        self._happened = happened

    @initialize(sellers=st.integers(0, 1), beginning=st.sampled_from(BEGINNINGS))
    def begin(self, sellers: int, beginning: int) -> None:
        shop = self._shops[sellers]
        shop.wall.advance(seconds=(datetime.now(UTC) - shop.wall.now()).total_seconds())
        shop.empty_payee()
        self.shop, self.world = shop, CardWorld(shop)
        steps = (
            lambda: self.world.choose_card(BY_CARD),
            lambda: self.world.pay_in_browser("pm_card_visa"),
            self.world.look_at_all,
            lambda: self.release(0),
        )
        for step in steps[:beginning]:
            step()

    def teardown(self) -> None:
        try:
            if hasattr(self, "world"):
                self.world.come_to_rest()
                self.assert_provider_agrees()
        finally:
            self._branch.rollback()

    # -- what is true after every step ------------------------------------------------------------

    @invariant()
    def books_balance(self) -> None:
        self.shop.sees.assert_balanced()

    @invariant()
    def books_say_what_the_legs_say(self) -> None:
        for leg, *figures in self.world.read(_FIGURES):
            assert figures[:5] == figures[5:], leg

    @invariant()
    def order_is_paid_at_most_once(self) -> None:
        assert self.world.read(_COMPLETIONS) == []

    @invariant()
    def history_is_a_path(self) -> None:
        last: dict[object, object] = {}
        for _kind, subject, _sequence, before, after in self.world.read(_PATHS):
            assert last.get(subject) == before, subject
            last[subject] = after

    def assert_provider_agrees(self) -> None:
        self._happened += self.world.happened
        for there, booked in self.world.money():
            self._happened += Counter({name: bool(cents) for name, cents in asdict(there).items()})
            assert there == booked, self.world.happened


def run(
    connection: Connection, shops: list[CardShop], *, examples: int, steps: int, anew: bool
) -> Counter[str]:
    """Tell so many stories, the same ones or `anew` others; how often what happened, by name, and
    in how many attempts money went each way."""
    happened: Counter[str] = Counter()
    run_state_machine_as_test(
        lambda: CardStories(connection, shops, happened),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            derandomize=not anew,
            suppress_health_check=list(HealthCheck),
        ),
    )
    return happened


@pytest.fixture
def shops(uow, card_server, clock) -> list[CardShop]:
    """One with an order, and one with an order of each of two sellers."""
    alone = a_card_shop(uow, card_server, clock)
    return [alone, a_card_shop(uow, card_server, clock, sellers=["sami", "boris"])]


def test_accounts_for_all_money_in_any_story(connection, shops) -> None:
    happened = run(connection, shops, examples=60, steps=15, anew=False)

    assert happened["charged"] >= 20, happened


@pytest.mark.deep
def test_accounts_for_all_money_in_many_long_stories(connection, shops) -> None:
    happened = run(connection, shops, examples=300, steps=40, anew=True)

    ways = ("charged", "returned", "taken", "sent", "back")
    assert [way for way in ways if happened[way] < 10] == [], happened
    assert [trouble.name for trouble in Trouble if not happened[trouble.name]] == [], happened
