"""Comparing the escrow with the legs and the books."""

from collections.abc import Sequence

import pytest

from souk.modules.books.domain import Position
from souk.modules.books.service import Reconciliation
from souk.modules.payments.domain import Fact, FactKind, FactStage, Leg, Observation
from souk.modules.payments.service import Payments
from tests.support.clock import START
from tests.support.reconciling import (
    PHANTOM_ENTRY,
    UNKNOWN_LOG,
    Kept,
    TheRail,
    a_purchase,
    breaks,
    column,
    comparing,
    execute,
    holds,
    lately,
    nightly,
    take_in_unheard,
)
from tests.support.shop import Shop
from tests.support.threads import at_once

MISSED, STALE, MISSING = "missed_fact", "projection_stale", "money_missing"
_TAKEN_BACK = (
    "INSERT INTO ledger_entry (id, external_reference, effect_reference, flow, order_id, holder,"
    " reverses_id, posting_count, occurred_at, created_at) SELECT 'len_less', 'less',"
    " effect_reference, flow, order_id, holder, id, 2, occurred_at, created_at"
    " FROM ledger_entry WHERE id = 'len_more'",
    "INSERT INTO ledger_posting SELECT 'len_less', position, account_id, stage, -amount"
    " FROM ledger_posting WHERE entry_id = 'len_more'",
)


def test_finds_nothing_when_every_fact_arrived(shop: Shop) -> None:
    purchase = a_purchase(shop)
    purchase.ask(purchase.seller, "cancelled")
    shop.follow(blocks=2)

    report = lately(shop)

    assert (report.legs, report.facts, report.healed, report.open) == (1, 0, 0, 0)
    assert breaks(shop) == []


def test_pays_the_order_when_the_fact_was_lost(shop: Shop) -> None:
    purchase = a_purchase(shop, paid=False)
    purchase.pay()
    take_in_unheard(shop, blocks=2)

    report = lately(shop)

    assert (purchase.status, report.facts, report.open) == ("paid", 1, 0)
    assert breaks(shop) == [Kept("facts_arrive", MISSED, "observed again")]


def test_pays_the_order_when_the_watcher_missed_the_log(shop: Shop) -> None:
    purchase = a_purchase(shop, paid=False)
    purchase.pay()
    take_in_unheard(shop, blocks=2)
    execute(shop, *UNKNOWN_LOG)

    report = lately(shop)

    assert (purchase.status, report.facts, report.healed) == ("paid", 0, 1)
    [found] = breaks(shop)
    assert (found.rule, found.kind) == ("legs_equal_the_rail", MISSED)


def test_lets_the_watcher_go_on_after_it_read_a_block_again(shop: Shop) -> None:
    purchase = a_purchase(shop, paid=False)
    purchase.pay()
    take_in_unheard(shop, blocks=2)
    execute(shop, *UNKNOWN_LOG)
    lately(shop)

    purchase.ask(purchase.seller, "cancelled")
    shop.follow(blocks=2)

    assert purchase.status == "cancelled"


def test_takes_the_payment_back_when_its_loss_was_not_heard_of(shop: Shop) -> None:
    shop.follow(blocks=5)
    purchase = a_purchase(shop)
    shop.chain.call("anvil_reorg", 4, [])
    take_in_unheard(shop, blocks=3)
    assert purchase.status == "paid"

    lately(shop)

    assert purchase.status == "pending_payment"
    [found] = breaks(shop)
    assert (found.rule, found.kind, holds(shop)) == ("legs_equal_the_rail", MISSED, [])


def test_computes_a_leg_anew_when_it_does_not_follow_from_its_facts(shop: Shop) -> None:
    purchase = a_purchase(shop)
    execute(shop, "UPDATE payment_attempt_leg SET held = held - 1")

    report = lately(shop)

    assert (report.healed, purchase.status) == (1, "paid")
    assert breaks(shop) == [Kept("legs_equal_the_rail", STALE, "computed anew")]
    assert column(shop, "SELECT amount - held FROM payment_attempt_leg") == [0]


def test_freezes_the_order_when_the_books_hold_money_without_a_fact(shop: Shop) -> None:
    a_purchase(shop)
    execute(shop, *PHANTOM_ENTRY)

    report = lately(shop)

    assert (report.open, holds(shop)) == (1, ["incident"])
    assert breaks(shop) == [Kept("books_equal_the_leg", MISSING, None)]


def a_phantom(leg: Leg) -> Observation:
    """A payment that the chain never showed, as nothing but a defect of ours would tell it."""
    return Observation(
        leg_reference=leg.external_reference,
        effect_id="eff_phantom",
        observation_id="obs_phantom",
        stage=FactStage.REACHED,
        fact=Fact(kind=FactKind.HELD, amount=leg.amount),
        occurred_at=START,
        evidence={},
    )


def test_freezes_the_order_when_the_contract_never_had_the_money(shop: Shop) -> None:
    purchase = a_purchase(shop, paid=False)
    [leg] = purchase.legs()
    shop.container.get(Payments).observe(a_phantom(leg))
    assert purchase.status == "paid"
    shop.follow(blocks=3)

    report = lately(shop)

    assert (report.open, holds(shop)) == (1, ["incident"])
    assert breaks(shop) == [Kept("legs_equal_the_rail", MISSING, None)]


def test_freezes_at_the_second_look_when_the_first_one_changed_the_leg(shop: Shop) -> None:
    purchase = a_purchase(shop, paid=False)
    [leg] = purchase.legs()
    shop.container.get(Payments).observe(a_phantom(leg))
    execute(shop, "UPDATE payment_attempt_leg SET fee = 1")
    lately(shop)
    assert (holds(shop), breaks(shop)) == ([], [Kept("legs_equal_the_rail", "unknown", None)])
    shop.follow(blocks=3)

    lately(shop)

    assert (holds(shop), len(breaks(shop))) == (["incident"], 1)


def test_opens_one_break_and_one_hold_when_it_looks_again(shop: Shop) -> None:
    a_purchase(shop)
    execute(shop, *PHANTOM_ENTRY)
    lately(shop)

    lately(shop)

    assert (len(breaks(shop)), holds(shop)) == (1, ["incident"])


def test_does_not_freeze_again_what_a_person_let_go(shop: Shop) -> None:
    a_purchase(shop)
    execute(shop, *PHANTOM_ENTRY)
    lately(shop)
    execute(shop, "UPDATE order_hold SET closed_at = opened_at")

    lately(shop)

    assert holds(shop) == []


def test_closes_a_break_and_keeps_the_hold_when_it_is_not_seen_again(shop: Shop) -> None:
    a_purchase(shop)
    execute(shop, *PHANTOM_ENTRY)
    lately(shop)
    execute(shop, *_TAKEN_BACK)

    report = lately(shop)

    assert (report.healed, report.open, holds(shop)) == (1, 0, ["incident"])
    assert breaks(shop) == [Kept("books_equal_the_leg", MISSING, "not seen again")]


def test_waits_for_a_fact_that_is_on_its_way(shop: Shop) -> None:
    purchase = a_purchase(shop, paid=False)
    shop.follow(blocks=2)
    shop.clock.advance(minutes=1)
    purchase.pay()
    take_in_unheard(shop, blocks=2)

    [report] = shop.container.get(Reconciliation).compare_lately()

    assert (report.facts, breaks(shop), purchase.status) == (0, [], "pending_payment")


@pytest.mark.parametrize("harm", ["fact", "entry"])
def test_finds_a_break_once_when_two_compare_at_the_same_time(shop: Shop, harm: str) -> None:
    purchase = a_purchase(shop, paid=harm == "entry")
    if harm == "entry":
        execute(shop, *PHANTOM_ENTRY)
    else:
        purchase.pay()
        take_in_unheard(shop, blocks=2)
    shop.clock.advance(minutes=1)

    answers = at_once(4, lambda _number: shop.container.get(Reconciliation).compare_lately())

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert (purchase.status, len(breaks(shop))) == ("paid", 1)


class Dying(TheRail):
    """A process that is killed when it begins to read the rail's figures."""

    def figures(self, position: Position, legs: Sequence[Leg]) -> None:
        raise SystemExit


def test_does_the_rest_when_it_was_killed_half_way(shop: Shop) -> None:
    a_purchase(shop)
    execute(shop, *PHANTOM_ENTRY)
    lost = a_purchase(shop, paid=False)
    lost.pay()
    take_in_unheard(shop, blocks=2)
    shop.clock.advance(minutes=1)
    with pytest.raises(SystemExit):
        comparing(shop, Dying(shop)).compare_lately()
    assert lost.status == "paid"

    report = lately(shop)

    assert (report.facts, report.open, holds(shop)) == (0, 1, ["incident"])
    assert [kept.kind for kept in breaks(shop)] == [MISSED, MISSING]


def test_closes_nothing_when_the_node_has_another_branch_than_we(shop: Shop) -> None:
    shop.follow(blocks=5)
    a_purchase(shop)
    execute(shop, *PHANTOM_ENTRY)
    lately(shop)
    execute(shop, *_TAKEN_BACK)

    shop.chain.call("anvil_reorg", 4, [])

    report = lately(shop)

    assert (report.failure is None, report.open) == (False, 1)


@pytest.mark.pitfall("P22")
def test_restores_at_night_what_was_lost_days_ago(shop: Shop) -> None:
    purchase = a_purchase(shop, paid=False)
    purchase.pay()
    take_in_unheard(shop, blocks=2)
    lost = shop.clock.now()
    shop.clock.advance(days=4)

    [report] = nightly(shop)

    assert (purchase.status, report.facts) == ("paid", 1)
    assert shop.clock.now() > lost


def test_compares_the_whole_once_a_night(shop: Shop) -> None:
    a_purchase(shop)
    shop.clock.advance(minutes=1)

    rounds = [len(nightly(shop))]
    shop.clock.advance(hours=1)
    rounds.append(len(nightly(shop)))
    shop.clock.advance(days=1)
    rounds.append(len(nightly(shop)))

    assert rounds == [1, 0, 1]


def test_finds_the_break_when_the_contract_has_less_than_is_booked(shop: Shop) -> None:
    a_purchase(shop)
    shop.chain.call("anvil_setBalance", shop.deployment.escrow.address, "0x0")
    shop.follow(blocks=3)
    shop.clock.advance(minutes=1)

    [report] = nightly(shop)

    assert (report.open, holds(shop)) == (1, [])
    assert breaks(shop) == [Kept("rail_covers_the_books", MISSING, None)]


def test_finds_the_break_when_a_holder_of_money_is_no_leg(shop: Shop) -> None:
    a_purchase(shop)
    execute(
        shop,
        *PHANTOM_ENTRY,
        "ALTER TABLE ledger_account DISABLE TRIGGER USER",
        "UPDATE ledger_account SET owner = 'leg_nobody' WHERE kind = 'escrow'",
    )
    shop.clock.advance(minutes=1)

    nightly(shop)

    assert "holders_are_legs" in [kept.rule for kept in breaks(shop)]
