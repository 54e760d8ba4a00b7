"""What names no order of an attempt: refunds from the dashboard, and what banks take back."""

import pytest

from souk.adapters.stripe.objects import Dispute, Intent, read
from souk.adapters.stripe.whole import Whole, said_of_whole
from souk.modules.payments.domain import FactKind, FactStage, LegStatus, Observation
from tests.support.card_rail import names


def refund_by_hand(card, attempt, amount: int) -> str:
    """Somebody at the dashboard gives money back."""
    asked = {"payment_intent": attempt.provider_reference, "amount": amount}
    return card.client.v1.refunds.create(asked).id


def look(card, attempt):
    """The attempt as everything that Stripe knows makes it."""
    return card.hear(attempt, card.gateway.list_said(attempt))


def dispute(card, attempt) -> str:
    """The payer's bank takes the money."""
    return card.server.control("disputes", charge=attempt.legs[0].charge)["id"]


def facts(card, attempt, kind: FactKind) -> list[tuple[int, FactStage]]:
    said = [one for one in card.gateway.list_said(attempt) if isinstance(one, Observation)]
    return [(one.fact.moves, one.stage) for one in said if one.fact.kind is kind]


def looks_for(card, attempt) -> dict[str, str | None]:
    """The attempt that each message is about, when it takes a look."""
    return {each.name: card.gateway.needs_look(each) for each in card.messages(attempt)}


def test_divides_a_refund_by_hand_over_what_each_order_has_left(card) -> None:
    attempt = card.pay(1_000, 2_000)
    attempt = card.carry(card.gateway.refund(attempt.legs[:1]), attempt)
    refund_by_hand(card, attempt, 500)

    attempt = look(card, attempt)

    assert [leg.refunded for leg in attempt.legs] == [1_000, 500]


@pytest.mark.parametrize(
    ("amounts", "refunded", "shares"),
    [
        ((1_000, 1_000, 1_000), 100, [34, 33, 33]),
        ((100, 200), 2, [1, 1]),
        ((999, 1), 999, [998, 1]),
        ((50, 50), 100, [50, 50]),
    ],
)
def test_divides_to_the_last_cent(card, amounts, refunded, shares) -> None:
    attempt = card.pay(*amounts)
    refund_by_hand(card, attempt, refunded)

    attempt = look(card, attempt)

    assert [leg.refunded for leg in attempt.legs] == shares


def test_divides_alike_when_it_is_looked_at_later(card) -> None:
    """Also within the second in which more has moved, whose order nobody tells."""
    attempt = card.pay(1_000, 2_000)
    refund_by_hand(card, attempt, 500)
    first = names(card.gateway.list_said(attempt))
    attempt = look(card, attempt)
    attempt = card.carry(card.gateway.refund(attempt.legs[1:]), attempt)
    figures = {one.observation_id: one.fact for one in card.said}

    later = card.gateway.list_said(attempt)

    assert first < names(later)
    assert {one.observation_id: one.fact for one in later} == figures


def test_divides_alike_when_what_went_before_came_back(card) -> None:
    attempt = card.pay(1_000, 2_000, method="pm_card_refundFail")
    ours = card.carry(card.gateway.refund(attempt.legs[:1]), attempt)
    refund_by_hand(card, attempt, 500)
    attempt = look(card, ours)
    before = facts(card, attempt, FactKind.SETTLED)
    card.server.hurry_until(lambda: {"failed"} == {one.status for one in card.refunds(attempt)})

    after = facts(card, attempt, FactKind.SETTLED)

    assert [moved for moved, _ in before] == [moved for moved, _ in after] == [1_000, 500]
    assert {stage for _, stage in after} == {FactStage.ORPHANED}


def test_divides_what_is_left_when_nobody_had_heard_of_it(card) -> None:
    """We gave all of an order back meanwhile, to which a part of what was given by hand fell."""
    attempt = card.pay(1_000, 2_000)
    refund_by_hand(card, attempt, 500)
    card.server.next_second()
    attempt = card.carry(card.gateway.refund(attempt.legs[:1]), attempt)

    attempt = look(card, attempt)

    assert [leg.refunded for leg in attempt.legs] == [1_000, 500]


def test_takes_what_the_sellers_have_when_nothing_is_held(card) -> None:
    attempt = card.release(card.pay(1_000, 2_000))
    card.server.next_second()
    refund_by_hand(card, attempt, 300)

    attempt = look(card, attempt)

    assert [(leg.refunded, leg.reimbursed) for leg in attempt.legs] == [(0, 100), (0, 200)]


def test_takes_what_is_held_first(card) -> None:
    attempt = card.pay(1_000, 2_000)
    attempt = card.carry(card.gateway.release(attempt.legs[:1]), attempt)
    card.server.next_second()
    refund_by_hand(card, attempt, 2_500)

    attempt = look(card, attempt)

    assert [(leg.refunded, leg.reimbursed) for leg in attempt.legs] == [(0, 500), (2_000, 0)]


def test_forgets_a_refund_by_hand_when_the_bank_sends_it_back(card) -> None:
    attempt = card.pay(1_000, 2_000, method="pm_card_refundFail")
    refund_by_hand(card, attempt, 500)
    attempt = look(card, attempt)
    card.server.hurry_until(lambda: card.refunds(attempt)[0].status == "failed")

    attempt = look(card, attempt)

    assert [leg.remaining for leg in attempt.legs] == [1_000, 2_000]


def test_takes_a_look_at_refunds_by_hand_alone(card) -> None:
    attempt = card.pay(1_000)
    attempt = card.carry(card.gateway.refund(attempt.legs), attempt)
    ours = looks_for(card, attempt)

    other = card.pay(1_000)
    refund_by_hand(card, other, 500)

    assert set(ours.values()) == {None}
    assert looks_for(card, other)["refund.created"] == other.provider_reference


def test_hears_what_came_back_of_a_transfer_by_hand(card) -> None:
    attempt = card.release(card.pay(1_000))
    (sent,) = card.transfers(attempt)
    made = card.client.v1.transfers.reversals.create(sent.id, {"amount": 100})

    said = card.heard(attempt)

    assert (f"{made.id}:0", f"{made.id}:0", FactStage.REACHED) in names(said)
    assert names(card.gateway.list_said(attempt)) == names(said)


def test_sees_what_the_bank_takes_and_looks_for_whom(card) -> None:
    attempt = card.pay(1_000, 2_000)
    dispute(card, attempt)

    attempt = look(card, attempt)

    assert [(leg.charged_back, leg.remaining) for leg in attempt.legs] == [(1_000, 0), (2_000, 0)]
    assert {leg.status for leg in attempt.legs} == {LegStatus.CHARGED_BACK}
    looked = looks_for(card, attempt)
    assert looked["charge.dispute.created"] == attempt.provider_reference
    assert looked["charge.dispute.funds_withdrawn"] == attempt.provider_reference


def test_takes_nothing_for_an_order_that_went_back_before(card) -> None:
    attempt = card.pay(1_000, 2_000)
    attempt = card.carry(card.gateway.refund(attempt.legs[:1]), attempt)
    card.server.next_second()
    dispute(card, attempt)

    assert facts(card, attempt, FactKind.CHARGED_BACK) == [(2_000, FactStage.REACHED)]


def test_takes_from_what_is_left_when_the_bank_asked_before(card) -> None:
    """It asked for a part of which one order's share went back to the buyer meanwhile."""
    attempt = card.pay(1_000, 2_000)
    part = card.server.control(
        "disputes", charge=attempt.legs[0].charge, inquiry="true", amount=900
    )
    attempt = look(card, attempt)
    attempt = card.carry(card.gateway.refund(attempt.legs[:1]), attempt)
    card.server.control(f"disputes/{part['id']}/escalate")

    attempt = look(card, attempt)

    assert [(leg.refunded, leg.charged_back) for leg in attempt.legs] == [(1_000, 0), (0, 900)]


def test_has_the_money_again_when_the_bank_gives_it_back(card) -> None:
    attempt = card.pay(1_000, 2_000)
    opened = dispute(card, attempt)
    attempt = look(card, attempt)
    card.server.control(f"disputes/{opened}/end", won="true")

    attempt = look(card, attempt)

    assert [(leg.status, leg.remaining) for leg in attempt.legs] == [
        (LegStatus.HELD, 1_000),
        (LegStatus.HELD, 2_000),
    ]
    assert facts(card, attempt, FactKind.CONCEDED) == []


def test_concedes_when_the_bank_keeps_the_money(card) -> None:
    attempt = card.pay(1_000, 2_000)
    opened = dispute(card, attempt)
    card.server.control(f"disputes/{opened}/end", won="false")

    taken, conceded = (
        facts(card, attempt, kind) for kind in (FactKind.CHARGED_BACK, FactKind.CONCEDED)
    )

    assert taken == conceded == [(1_000, FactStage.REACHED), (2_000, FactStage.REACHED)]


@pytest.mark.parametrize(
    ("status", "booked", "stage"),
    [
        ("warning_needs_response", [], FactStage.SEEN),
        ("warning_closed", [], FactStage.ORPHANED),
        ("needs_response", [], FactStage.SEEN),
        ("needs_response", [-1_000], FactStage.REACHED),
        ("under_review", [-1_000], FactStage.REACHED),
        ("under_review", [1_000, -1_000], FactStage.ORPHANED),
        ("won", [1_000, -1_000], FactStage.ORPHANED),
        ("prevented", [], FactStage.ORPHANED),
        ("lost", [-1_000], FactStage.REACHED),
    ],
)
def test_counts_a_chargeback_once_the_bank_has_the_money(status, booked, stage) -> None:
    metadata = {"attempt": "att_1", "amounts": "1000"}
    intent = {"id": "pi_1", "created": 1, "status": "succeeded", "amount": 1_000}
    moves = [{"id": f"txn_{n}", "amount": each, "created": 2} for n, each in enumerate(booked)]
    asked = {"id": "du_1", "created": 2, "status": status, "amount": 1_000, "charge": "ch_1"}
    whole = Whole(
        intent=read(Intent, {**intent, "currency": "usd", "metadata": metadata}),
        disputes=[read(Dispute, {**asked, "currency": "usd", "balance_transactions": moves})],
    )

    (taken, *_) = said_of_whole(whole, {})

    assert (taken.fact.kind, taken.stage) == (FactKind.CHARGED_BACK, stage)


def test_looks_up_what_the_bank_took_of_what_was_released(card) -> None:
    attempt = card.release(card.pay(1_000))
    card.server.next_second()
    dispute(card, attempt)
    attempt = look(card, attempt)

    found = card.gateway.lookup(attempt.legs[0])

    assert (found.status, found.remaining, found.released) == (LegStatus.RELEASED, 0, 1_000)
