"""Comparing the card provider with the legs and the books."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from souk.core.errors import ProviderRejected
from souk.modules.ledger.domain import PaymentStatus
from souk.modules.orders.domain import OrderStatus
from souk.modules.payments.domain import Fact, FactKind, FactStage, Observation
from souk.modules.payments.service import StartedAttempt
from tests.support.card_comparison import CardComparison
from tests.support.card_server import CardServer, a_sandbox
from tests.support.card_shop import CardShop
from tests.support.reconciling import Kept

MISSED, MISSING, UNKNOWN, UNDONE = "missed_fact", "money_missing", "unknown", "undone"
_HEARD_AGAIN = Kept("facts_arrive", MISSED, "observed again")


@pytest.fixture
def card_server(tmp_path: Path) -> Iterator[CardServer]:
    """An account of its own: what comes in there has to be ours."""
    with a_sandbox(tmp_path) as server:
        yield server


@pytest.fixture
def comparison(shop: CardShop) -> CardComparison:
    return CardComparison(shop)


def shipped(shop: CardShop) -> StartedAttempt:
    started = shop.pay()
    shop.deliveries.ship(shop.seller(), shop.order_id, None)
    return started


def released(shop: CardShop) -> StartedAttempt:
    started = shipped(shop)
    shop.deliveries.release(shop.buyer, shop.order_id)
    return started


def lose_answers(shop: CardShop, on: str) -> None:
    """The provider, which is asked first whether it did, does what it is told, and its answer is
    lost, as its webhooks are."""
    shop.server.control("faults", kind="server_error_after_effect", on=on, skip=1)


def dispute(shop: CardShop, started: StartedAttempt, **more: int) -> None:
    shop.server.control("disputes", charge=shop.intent(started).latest_charge, **more)


def the_sellers_account(shop: CardShop) -> str:
    [reference] = shop.sees.column("SELECT reference FROM payee_account")
    return reference


def refused_release(shop: CardShop) -> None:
    """The provider does not let the seller be paid."""
    shipped(shop)
    shop.server.control(f"accounts/{the_sellers_account(shop)}/restrict")
    with pytest.raises(ProviderRejected):
        shop.deliveries.release(shop.buyer, shop.order_id)


def a_strangers_charge(shop: CardShop) -> str:
    """Money that nobody here asked for."""
    intent = shop.client.v1.payment_intents.create(
        {"amount": 700, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    )
    return str(intent.latest_charge)


def test_finds_nothing_when_everything_was_heard(shop, comparison) -> None:
    released(shop)

    report = comparison.lately()

    assert (report.legs, report.facts, report.healed, report.open) == (1, 0, 0, 0)
    assert comparison.breaks() == []


def test_pays_the_order_when_the_webhook_was_lost(shop, comparison) -> None:
    shop.confirm(shop.begin())

    report = comparison.lately()

    assert (shop.sees.status(), report.facts, report.open) == (OrderStatus.PAID, 1, 0)
    assert comparison.breaks() == [_HEARD_AGAIN]
    shop.sees.assert_balanced()


def test_completes_the_order_when_what_was_said_of_the_release_was_lost(shop, comparison) -> None:
    shipped(shop)
    lose_answers(shop, "/v1/transfers")
    shop.deliveries.release(shop.buyer, shop.order_id)
    assert shop.sees.status() is OrderStatus.SHIPPED

    report = comparison.lately()

    assert (shop.sees.status(), report.facts) == (OrderStatus.COMPLETED, 1)
    shop.sees.assert_balanced()


def test_cancels_the_order_when_what_was_said_of_the_refund_was_lost(shop, comparison) -> None:
    shop.pay()
    lose_answers(shop, "/v1/refunds")
    shop.cancellations.cancel(shop.seller(), shop.order_id, "out of stock")
    assert shop.sees.status() is OrderStatus.PAID

    report = comparison.lately()

    assert (shop.sees.status(), report.facts) == (OrderStatus.CANCELLED, 1)
    shop.sees.assert_balanced()


def test_takes_in_what_the_bank_took_when_the_webhook_was_lost(shop, comparison) -> None:
    started = shop.pay()
    dispute(shop, started)

    report = comparison.lately()

    [leg] = shop.legs(started)
    assert (leg.charged_back, report.facts, report.open) == (leg.amount, 1, 0)
    assert shop.sees.money() is PaymentStatus.CHARGED_BACK
    shop.sees.assert_balanced()


def test_takes_in_what_was_given_back_by_hand(shop, comparison) -> None:
    started = shop.pay()
    reference = str(started.needs.reference)
    shop.client.v1.refunds.create({"payment_intent": reference, "amount": 500})

    report = comparison.lately()

    [leg] = shop.legs(started)
    assert (leg.refunded, report.facts, report.open) == (500, 1, 0)
    shop.sees.assert_balanced()


def test_waits_for_a_webhook_that_is_on_its_way(shop, comparison) -> None:
    shop.confirm(shop.begin())
    shop.wall.advance(minutes=-1)

    report = comparison.lately()

    assert (report.facts, comparison.breaks()) == (0, [])
    assert shop.sees.status() is OrderStatus.PENDING_PAYMENT


@pytest.mark.pitfall("P22")
@pytest.mark.parametrize("days", [4, 36], ids=["four days", "longer than events are kept"])
def test_restores_everything_after_an_outage(shop, comparison, days: int) -> None:
    started = shop.begin()
    shop.confirm(started)
    reference = str(started.needs.reference)
    shop.client.v1.refunds.create({"payment_intent": reference, "amount": 500})
    comparison.pass_days(days)

    report = comparison.over(days + 1)

    [leg] = shop.legs(started)
    assert (leg.held, leg.refunded, report.facts, report.open) == (leg.amount, 500, 2, 0)
    shop.sees.assert_balanced()


def test_looks_for_what_was_said_when_a_leg_says_less_than_the_provider(shop, comparison) -> None:
    """What was lost is older than all that is asked for."""
    started = shop.pay()
    dispute(shop, started)
    comparison.pass_days(36)

    report = comparison.over(31)

    [leg] = shop.legs(started)
    assert (leg.charged_back, report.facts, report.healed) == (leg.amount, 0, 1)
    [found] = comparison.breaks()
    assert (found.rule, found.kind) == ("legs_equal_the_rail", MISSED)


def test_freezes_the_order_when_the_provider_never_had_the_money(shop, comparison) -> None:
    started = shop.begin()
    [leg] = shop.legs(started)
    phantom = Observation(
        leg_reference=leg.external_reference,
        effect_id=f"{leg.external_reference}:held",
        observation_id="ch_phantom:0",
        stage=FactStage.REACHED,
        fact=Fact(kind=FactKind.HELD, amount=leg.amount),
        occurred_at=shop.wall.now(),
        evidence={"charge": "ch_phantom"},
    )
    shop.payments.observe(phantom)
    assert shop.sees.status() is OrderStatus.PAID

    report = comparison.lately()

    assert (report.open, shop.sees.holds()) == (1, ["incident"])
    assert comparison.breaks() == [Kept("legs_equal_the_rail", MISSING, None)]


def test_asks_between_nights_about_those_alone_that_changed(shop, comparison) -> None:
    shop.pay()
    shop.wall.advance(hours=3)
    comparison.lately()
    shop.wall.advance(hours=3)

    rounds = [comparison.lately().legs, comparison.over(31).legs]

    assert rounds == [0, 1]


def test_shows_money_that_is_for_no_leg_and_leaves_it_alone(shop, comparison) -> None:
    a_strangers_charge(shop)
    shop.pay()

    report = comparison.lately()

    assert (report.open, shop.sees.holds()) == (1, [])
    assert comparison.breaks() == [Kept("money_has_a_leg", UNKNOWN, None)]


def test_shows_it_no_longer_when_it_went_back(shop, comparison) -> None:
    charge = a_strangers_charge(shop)
    comparison.lately()
    shop.client.v1.refunds.create({"charge": charge})

    report = comparison.lately()

    assert (report.healed, report.open) == (1, 0)


def test_finds_the_break_when_the_account_has_less_than_is_booked(shop, comparison) -> None:
    started = shop.pay()
    calm = comparison.over(31).open
    sent = {"amount": 500, "currency": "usd", "destination": the_sellers_account(shop)}
    charge = shop.intent(started).latest_charge
    shop.client.v1.transfers.create({**sent, "source_transaction": charge})

    report = comparison.over(31)

    assert (calm, report.open) == (0, 1)
    assert comparison.breaks() == [Kept("rail_covers_the_books", MISSING, None)]


def test_shows_a_movement_that_the_provider_refused(shop, comparison) -> None:
    refused_release(shop)

    report = comparison.lately()

    assert (report.open, shop.instructions()) == (1, ["release refused"])
    assert comparison.breaks() == [Kept("instructions_end", UNDONE, None)]


def test_shows_it_no_longer_when_the_money_went_elsewhere(shop, comparison) -> None:
    refused_release(shop)
    comparison.lately()
    total = shop.checkout.total.amount
    shop.payments.refund_part(shop.seller(), shop.payment_id, shop.order_id, total)

    report = comparison.lately()

    assert (report.open, report.healed) == (0, 1)


@pytest.mark.parametrize(("hours", "shown"), [(5, 0), (7, 1)])
def test_shows_a_movement_that_is_open_for_hours(shop, comparison, hours, shown) -> None:
    released(shop)
    shop.server.control(f"accounts/{the_sellers_account(shop)}/pay_out")
    shop.payments.refund_part(shop.seller(), shop.payment_id, shop.order_id, 500)
    shop.wall.advance(hours=hours)

    report = comparison.lately()

    assert (report.open, "recover open" in shop.instructions()) == (shown, True)


def charged_back(shop: CardShop, after: str) -> None:
    """The bank takes the money while it is held, or when the seller has it, or a part is back."""
    started = released(shop) if after in ("released", "reimbursed") else shop.pay()
    if after == "reimbursed":
        shop.payments.refund_part(shop.seller(), shop.payment_id, shop.order_id, 500)
    dispute(shop, started, **({"amount": 700} if after == "held in part" else {}))
    shop.hear(started)


@pytest.mark.parametrize("after", ["held", "held in part", "released", "reimbursed"])
def test_breaks_no_rule_when_the_bank_took_the_money(shop, comparison, after: str) -> None:
    charged_back(shop, after)

    assert comparison.broken() == []
    assert comparison.over(31).open == 0


@pytest.mark.parametrize(
    ("harm", "rules"),
    [
        (
            "UPDATE payment_attempt_leg SET charged_back = charged_back - 1",
            {"legs_equal_their_facts", "legs_equal_the_books"},
        ),
        (
            "UPDATE payment_observation SET amount = amount - 1 FROM payment_effect e"
            " WHERE e.id = effect_id AND e.kind = 'charged_back'",
            {"legs_equal_their_facts"},
        ),
    ],
)
def test_finds_the_break_when_a_leg_says_else_of_what_the_bank_took(
    shop, comparison, harm: str, rules: set[str]
) -> None:
    charged_back(shop, "held")

    comparison.execute(harm)

    assert {found.rule for found in comparison.broken()} == rules


@pytest.mark.parametrize("after", ["held", "held in part", "released"])
def test_shows_in_the_books_what_the_bank_took(shop, comparison, after: str) -> None:
    charged_back(shop, after)
    comparison.broken()

    [asset] = shop.sees.column("SELECT assets -> 0 FROM books_check")
    total = shop.checkout.total.amount
    taken = 700 if after == "held in part" else total
    shown = [int(asset[name]["amount"]) for name in ("held", "charged_back", "remaining")]
    assert shown == [total, taken, total - taken]


def test_shows_in_the_books_what_was_lost(shop, comparison) -> None:
    """The bank takes what the buyer had back."""
    total = shop.checkout.total.amount
    started = shop.pay()
    inquiry = shop.dispute(started, inquiry="true")
    reference = str(started.needs.reference)
    shop.client.v1.refunds.create({"payment_intent": reference, "amount": 500})
    shop.server.control(f"disputes/{inquiry}/escalate")
    shop.hear(started)

    broken = comparison.broken()

    [asset] = shop.sees.column("SELECT assets -> 0 FROM books_check")
    assert (broken, asset["balanced"]) == ([], True)
    shown = [int(asset[name]["amount"]) for name in ("charged_back", "lost", "remaining")]
    assert shown == [total - 500, 500, 0]
