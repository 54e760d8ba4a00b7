"""What is believed of a price feed."""

from datetime import UTC, datetime, timedelta

import pytest

from souk.modules.payments.domain import PastRate, PriceAnswer, PriceRules, Rate, usable_rate
from souk.modules.payments.errors import PriceUnusable
from tests.support.clock import START

DOLLARS = 10**8
RULES = PriceRules(max_jump_bps=500, jump_seconds=1_800, ahead_seconds=120)


def past(dollars: float, *, seconds_ago: int = 60, decimals: int = 8) -> PastRate:
    rate = Rate(int(dollars * 10**decimals), decimals, "feed 0x1")
    return PastRate(rate, START - timedelta(seconds=seconds_ago))


def answer(dollars: float = 2_500, *, seconds_ago: int = 0, **changes) -> PriceAnswer:
    fields = {
        "answer": int(dollars * DOLLARS),
        "decimals": 8,
        "updated_at": START - timedelta(seconds=seconds_ago),
        "source": "feed 0x1",
        "round_id": 7,
        "answered_in": 7,
        "before": past(2_500),
    }
    return PriceAnswer(**{**fields, **changes})


def judge(price: PriceAnswer, accepted: PastRate | None = None, **rules) -> Rate:
    return usable_rate(
        price,
        chain_time=START,
        max_age_seconds=3_600,
        rules=PriceRules(**rules) if rules else RULES,
        accepted=accepted,
    )


def refusal(price: PriceAnswer, accepted: PastRate | None = None) -> PriceUnusable:
    with pytest.raises(PriceUnusable) as refused:
        judge(price, accepted)
    return refused.value


def test_takes_the_answer_as_it_is_when_there_is_nothing_against_it() -> None:
    assert judge(answer(2_500)) == Rate(2_500 * DOLLARS, 8, "feed 0x1")


@pytest.mark.parametrize("dollars", [0, -1])
def test_refuses_an_answer_that_is_not_positive(dollars) -> None:
    assert "no positive price" in refusal(answer(dollars)).detail


def test_refuses_an_answer_that_is_stale_by_the_chains_clock() -> None:
    assert judge(answer(seconds_ago=3_600))
    assert "not been updated" in refusal(answer(seconds_ago=3_601)).detail


def test_refuses_an_answer_of_a_time_that_the_chain_has_not_reached() -> None:
    assert judge(answer(seconds_ago=-120))
    assert "ahead" in refusal(answer(seconds_ago=-121)).detail


@pytest.mark.parametrize(
    "rounds",
    [
        {"answered_in": 6},
        {"round_id": 0, "answered_in": 0},
        {"updated_at": datetime.fromtimestamp(0, UTC)},
    ],
    ids=["carried over", "none", "under way"],
)
def test_refuses_an_answer_of_a_round_that_is_not_finished(rounds) -> None:
    assert "not finished" in refusal(answer(**rounds)).detail


@pytest.mark.parametrize("dollars", [2_375, 2_625])
def test_takes_a_step_up_to_the_limit(dollars) -> None:
    assert judge(answer(dollars))


@pytest.mark.parametrize("dollars", [2_374.99, 2_625.01, 25, 250_000])
def test_distrusts_a_jump_from_a_young_price(dollars) -> None:
    assert "jumped" in refusal(answer(dollars)).detail


def test_believes_a_jump_that_the_next_round_confirms() -> None:
    assert judge(answer(1_000, before=past(1_010)))


@pytest.mark.parametrize(
    ("seconds_ago", "most"),
    [(1_799, 105), (1_800, 110), (3_600, 115), (9_000, 130), (10_800, 130), (10**6, 130)],
)
def test_takes_a_larger_step_from_an_older_price_but_no_end_of_it(seconds_ago, most) -> None:
    before = past(100, seconds_ago=seconds_ago)

    assert judge(answer(most, before=before))
    assert "jumped" in refusal(answer(most + 0.01, before=before)).detail


def test_doubts_an_error_however_long_no_round_has_confirmed_it() -> None:
    price = answer(1_000_000, seconds_ago=3_000, before=past(3_000, seconds_ago=3_060))

    assert "jumped" in refusal(price).detail


def test_takes_the_usual_step_from_what_was_accepted_later_than_the_round() -> None:
    price = answer(2_500, seconds_ago=3_000, before=None)

    assert judge(price, past(2_500, seconds_ago=10))


def test_lets_an_installation_trust_a_feed_further_than_the_most_of_others() -> None:
    assert judge(answer(4_000, before=past(2_500)), max_jump_bps=6_000)


def test_compares_with_what_was_accepted_when_the_feed_has_no_round_before() -> None:
    price = answer(1_000, before=None)

    assert judge(price)
    assert judge(price, past(1_000))
    assert "jumped" in refusal(price, past(2_500)).detail


def test_compares_with_the_feeds_own_round_when_there_is_one() -> None:
    assert judge(answer(1_000, before=past(1_000)), past(2_500))


def test_compares_prices_whatever_their_decimals() -> None:
    assert judge(answer(2_500, before=past(2_500, decimals=18)))
    assert refusal(answer(2_500, before=past(2_000, decimals=2)))


def test_says_what_to_do_instead() -> None:
    refused = refusal(answer(0))

    assert "pay with a dollar token" in refused.detail
    assert refused.retryable
