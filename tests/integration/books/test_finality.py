"""Comparing the escrow with legs whose payment is asked for more than its depth."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from souk.adapters.evm.registry import Deployment
from souk.modules.books.service import Books, Rebuilding
from tests.support.clock import MovableClock
from tests.support.reconciling import (
    UNKNOWN_LOG,
    Purchase,
    a_purchase,
    breaks,
    column,
    execute,
    lately,
    take_in_unheard,
)
from tests.support.shop import CHAIN_ID, Shop
from tests.support.stack import Chain
from tests.support.strict_shop import asking_for_final

CONFIRMED, FINAL = 2, 33


@pytest.fixture
def strict(
    database_url: str,
    redis_url: str,
    deployed_chain: tuple[Chain, Deployment],
    clock: MovableClock,
    tmp_path: Path,
) -> Iterator[Shop]:
    """A shop that asks for final blocks, whatever the amount."""
    place = (database_url, redis_url), deployed_chain, clock, tmp_path
    with asking_for_final(*place, since=0) as running:
        yield running


@pytest.fixture
def purchase(strict: Shop) -> Purchase:
    """An order whose payment is sent, and not heard of yet."""
    purchase = a_purchase(strict, paid=False)
    purchase.pay()
    return purchase


def test_misses_nothing_while_a_payment_waits_for_its_level(
    strict: Shop, purchase: Purchase
) -> None:
    strict.follow(blocks=CONFIRMED)

    report = lately(strict)

    assert (report.facts, report.healed, report.open, breaks(strict)) == (0, 0, 0, [])
    assert purchase.status == "pending_payment"


@pytest.mark.parametrize("harm", [(), UNKNOWN_LOG])
def test_finds_a_payment_that_was_missed_and_lets_it_wait(
    strict: Shop, purchase: Purchase, harm: tuple[str, ...]
) -> None:
    take_in_unheard(strict, blocks=CONFIRMED)
    execute(strict, *harm)

    report = lately(strict)

    assert (report.facts + report.healed, report.open) == (1, 0)
    assert purchase.status == "pending_payment"
    assert "held reached" not in column(strict, "SELECT expected FROM reconciliation_break")


def test_has_a_log_read_again_that_was_lost_of_a_payment_that_waits(
    strict: Shop, purchase: Purchase
) -> None:
    strict.follow(blocks=CONFIRMED)
    execute(strict, *UNKNOWN_LOG)

    lately(strict)

    assert column(strict, "SELECT kind FROM chain_effect") == ["paid"]


def test_pays_the_order_when_the_news_of_its_level_was_lost(
    strict: Shop, purchase: Purchase
) -> None:
    strict.follow(blocks=CONFIRMED)
    take_in_unheard(strict, blocks=FINAL)

    report = lately(strict)

    assert (purchase.status, report.open) == ("paid", 0)


def test_finds_legs_as_the_logs_have_them(strict: Shop, purchase: Purchase) -> None:
    strict.follow(blocks=CONFIRMED)

    assert strict.container.get(Rebuilding).check(CHAIN_ID).equal


@pytest.mark.parametrize(
    ("blocks", "stage", "rule"),
    [
        (CONFIRMED, "reached", "counted_facts_stand_on_the_chain"),
        (FINAL, "seen", "facts_of_the_chain_are_counted"),
    ],
)
def test_finds_what_is_counted_too_early_or_not_at_all(
    strict: Shop, purchase: Purchase, blocks: int, stage: str, rule: str
) -> None:
    strict.follow(blocks=blocks)
    strict.clock.advance(minutes=10)
    before = strict.container.get(Books).check()

    execute(strict, f"UPDATE payment_observation SET stage = '{stage}'")

    found = {broken.rule for broken in strict.container.get(Books).check()}
    assert (before, rule in found) == ([], True)
