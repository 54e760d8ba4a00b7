"""How settled a payment has to be, by its amount."""

import pytest

from souk.core.addresses import ZERO_ADDRESS
from souk.core.money import USD, Money
from souk.modules.chain.domain import Level
from souk.modules.payments.domain import Fact, FactKind, FactStage, FinalityPolicy, Observation
from souk.modules.payments.domain.routing import rank
from tests.support.clock import START
from tests.support.route_builders import a_basket, a_question, a_view, funds, money

SECONDS = {Level.CONFIRMED: 24, Level.SAFE: 630, Level.FINAL: 1_440}
POLICY = FinalityPolicy(since={Level.SAFE: 100_000, Level.FINAL: 1_000_000}, seconds=SECONDS)


@pytest.mark.parametrize(
    ("cents", "level"),
    [
        (1, Level.CONFIRMED),
        (99_999, Level.CONFIRMED),
        (100_000, Level.SAFE),
        (999_999, Level.SAFE),
        (1_000_000, Level.FINAL),
        (10**30, Level.FINAL),
    ],
)
def test_asks_for_a_level_from_its_amount_on(cents: int, level: Level) -> None:
    assert (POLICY.level(cents), POLICY.seconds_for(cents)) == (level, SECONDS[level])


def test_asks_for_depth_alone_when_nothing_is_set() -> None:
    assert FinalityPolicy().level(10**30) is Level.CONFIRMED


def test_asks_for_the_stricter_level_when_both_begin_at_one_amount() -> None:
    both = FinalityPolicy(since={Level.FINAL: 5, Level.SAFE: 5}, seconds=SECONDS)

    assert [both.level(cents) for cents in (4, 5)] == [Level.CONFIRMED, Level.FINAL]


def test_describes_only_what_is_asked_of_some_amount() -> None:
    always = FinalityPolicy(since={Level.FINAL: 0, Level.SAFE: 7}, seconds=SECONDS)

    assert [step["level"] for step in POLICY.describe()] == ["confirmed", "safe", "final"]
    assert always.describe() == [
        {"level": "final", "since": Money(0, USD).to_json(), "seconds_to_finality": 1_440}
    ]


def test_tells_the_same_time_for_a_coin_and_a_dollar_by_all_that_is_paid() -> None:
    view = a_view(funds(coin=10**24), chain=money(finality=POLICY))
    basket = a_basket(60_000, 40_000)

    ranked = [one.candidate for one in rank(a_question(view, basket=basket))]

    assert {(one.token == ZERO_ADDRESS, one.seconds) for one in ranked} == {
        (True, 630),
        (False, 630),
    }


def told(kind: FactKind, level: Level | None) -> Observation:
    return Observation(
        leg_reference="leg",
        effect_id="eff",
        observation_id="obs",
        stage=FactStage.REACHED,
        fact=Fact(kind=kind, amount=1),
        occurred_at=START,
        evidence={},
        level=level,
    )


@pytest.mark.parametrize("level", [Level.CONFIRMED, Level.SAFE, Level.FINAL])
@pytest.mark.parametrize("asked", [Level.CONFIRMED, Level.SAFE, Level.FINAL])
def test_counts_a_payment_from_the_level_on_that_is_asked(level: Level, asked: Level) -> None:
    counts = told(FactKind.HELD, level).asked_for(asked).stage is FactStage.REACHED

    assert counts is (list(Level).index(level) >= list(Level).index(asked))


def test_asks_nothing_else_of_what_stands_on_a_payment_or_comes_from_no_chain() -> None:
    stands_on_it, by_card = told(FactKind.SETTLED, Level.CONFIRMED), told(FactKind.HELD, None)

    assert stands_on_it.asked_for(Level.FINAL) == stands_on_it
    assert by_card.asked_for(Level.FINAL) == by_card
