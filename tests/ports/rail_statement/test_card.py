"""What Stripe says of our legs, read from a server that speaks its API."""

from dataclasses import replace
from datetime import timedelta

import pytest

from souk.adapters.stripe.statement import StripeStatement
from souk.core.errors import ProviderUnavailable
from souk.modules.books.domain import Position, RailFigures
from souk.modules.payments.domain import Attempt, FactKind, Leg, LegStatus, Observation
from tests.support.card_comparison import a_statement
from tests.support.card_rail import CardRail


@pytest.fixture
def statement(card: CardRail) -> StripeStatement:
    return a_statement(card.server, card.clock)


def now(card: CardRail, statement: StripeStatement) -> Position:
    """After all that has happened so far."""
    card.clock.advance(minutes=10)
    return statement.position(timedelta(minutes=5))


def before(statement: StripeStatement) -> Position:
    """Before anything happened."""
    return statement.position(timedelta(minutes=5))


def said(card: CardRail, statement: StripeStatement, leg: Leg) -> RailFigures:
    return statement.figures(now(card, statement), [leg])[leg.id]


def told(card: CardRail, statement: StripeStatement, attempt: Attempt) -> list[Observation]:
    """What is said of an attempt's legs since ten minutes ago."""
    names = {leg.external_reference for leg in attempt.legs}
    since = card.clock.now() - timedelta(minutes=10)
    pages = statement.observations(since, now(card, statement))
    return [one for page in pages for one in page if one.leg_reference in names]


def test_says_nothing_of_an_attempt_that_nobody_paid(card, statement) -> None:
    attempt, _ = card.prepare(card.start(1_000))

    assert said(card, statement, attempt.legs[0]) == RailFigures(status=LegStatus.AWAITING)


def test_says_what_is_held(card, statement) -> None:
    [leg] = card.pay(1_000).legs

    assert said(card, statement, leg) == RailFigures(held=1_000, status=LegStatus.HELD)


def test_says_what_was_released(card, statement) -> None:
    [leg] = card.release(card.pay(1_000)).legs

    assert said(card, statement, leg) == RailFigures(
        held=1_000, released=1_000, status=LegStatus.RELEASED
    )


def test_says_what_was_refunded(card, statement) -> None:
    attempt = card.pay(1_000)
    [leg] = card.carry(card.gateway.refund(attempt.legs), attempt).legs

    assert said(card, statement, leg) == RailFigures(
        held=1_000, refunded=1_000, status=LegStatus.REFUNDED
    )


def test_says_what_was_reimbursed(card, statement) -> None:
    attempt = card.release(card.pay(1_000))
    [leg] = card.carry(card.gateway.reimburse(attempt.legs[0], 300), attempt).legs

    assert said(card, statement, leg) == RailFigures(
        held=1_000, released=1_000, reimbursed=300, status=LegStatus.RELEASED
    )


def test_says_what_the_bank_took(card, statement) -> None:
    attempt = card.pay(1_000)
    card.server.control("disputes", charge=attempt.legs[0].charge)

    assert said(card, statement, attempt.legs[0]) == RailFigures(
        held=1_000, charged_back=1_000, status=LegStatus.CHARGED_BACK
    )


def test_says_of_a_release_that_was_all_fee_what_we_know_of_it(card, statement) -> None:
    [leg] = card.pay(1_000).legs
    kept = replace(leg, released=1_000, fee=1_000, status=LegStatus.RELEASED)

    assert said(card, statement, kept).released == 1_000


def test_leaves_out_what_moved_since_and_we_do_not_know_of(card, statement) -> None:
    attempt = card.pay(1_000, 2_000)
    other = card.pay(1_000)
    asked = {"payment_intent": other.provider_reference, "amount": 100}
    card.server.next_second()
    card.clock.advance(seconds=1)
    card.client.v1.refunds.create(asked)
    legs = [*attempt.legs, *other.legs]

    figures = statement.figures(before(statement), legs)

    assert sorted(figures) == sorted(leg.id for leg in attempt.legs)


def test_tells_what_events_do(card, statement) -> None:
    attempt = card.release(card.pay(1_000))

    kinds = {one.fact.kind for one in told(card, statement, attempt)}

    assert kinds == {FactKind.HELD, FactKind.SETTLED}


def test_tells_nothing_that_is_later_than_the_position(card, statement) -> None:
    attempt = card.pay(1_000)
    names = {leg.external_reference for leg in attempt.legs}
    since = card.clock.now() - timedelta(hours=1)

    pages = list(statement.observations(since, before(statement)))

    assert [one for page in pages for one in page if one.leg_reference in names] == []


def test_tells_of_every_page_when_there_are_many(card, statement) -> None:
    first, later = card.pay(100), card.pay(200)
    for _ in range(101):
        asked = {"payment_intent": later.provider_reference, "amount": 1}
        card.client.v1.refunds.create(asked)

    assert {one.fact.kind for one in told(card, statement, first)} == {FactKind.HELD}


def test_recovers_all_that_is_known_of_one_leg(card, statement) -> None:
    attempt = card.release(card.pay(1_000, 2_000))
    [first, _second] = attempt.legs

    found = statement.recover(now(card, statement), first, known=[])

    assert {one.leg_reference for one in found} == {first.external_reference}
    assert {one.fact.kind for one in found} == {FactKind.HELD, FactKind.SETTLED}


def test_says_what_lies_in_the_account_before_fees_were_taken(card, statement) -> None:
    legs = card.pay(500).legs
    first = statement.holdings(now(card, statement), legs)["USD"]
    card.pay(1_000)

    assert statement.holdings(now(card, statement), legs)["USD"] - first == 1_000


def test_says_what_lay_there_at_the_position(card, statement) -> None:
    attempt = card.pay(1_000)
    then = before(statement)
    first = statement.holdings(then, attempt.legs)
    card.release(attempt)
    card.clock.advance(minutes=1)

    assert statement.holdings(then, attempt.legs) == first


def test_names_every_payment_with_whom_it_is_for(card, statement) -> None:
    attempt = card.pay(1_000, 2_000)
    since = card.clock.now() - timedelta(minutes=10)

    pages = statement.deposits(since, now(card, statement))

    [found] = [one for page in pages for one in page if one.subject == attempt.legs[0].charge]
    assert found.references == tuple(leg.external_reference for leg in attempt.legs)
    assert (found.amount, found.currency) == (3_000, "USD")


def test_knows_the_legs_that_are_paid_by_card(card, statement) -> None:
    [leg] = card.start(1_000).legs

    assert statement.knows(leg)


@pytest.mark.parametrize("fault", ["server_error", "rate_limit"])
def test_cannot_be_compared_when_it_does_not_answer(card, statement, fault: str) -> None:
    [leg] = card.pay(1_000).legs
    card.server.control("faults", kind=fault, on="/v1/charges")

    with pytest.raises(ProviderUnavailable):
        statement.figures(now(card, statement), [leg])


def test_cannot_be_compared_when_the_key_is_refused(card) -> None:
    stranger = a_statement(replace(card.server, secret_key="sk_test_nobody"), card.clock)

    with pytest.raises(ProviderUnavailable):
        list(stranger.observations(card.clock.now(), now(card, stranger)))
