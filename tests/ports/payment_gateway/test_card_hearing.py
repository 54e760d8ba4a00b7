"""What Stripe says, and that it says the same by every way and in every order."""

from dataclasses import replace
from itertools import permutations

import pytest

from souk.core.errors import ProviderRejected
from souk.modules.payments.domain import (
    AttemptNews,
    AttemptStatus,
    AttemptTurn,
    FactStage,
    LegStatus,
    Observation,
    PaymentMethod,
)
from souk.modules.payments.ports import PayeeAccount, RailMessage
from tests.support.books_of_facts import after, furthest, stand
from tests.support.card_rail import names

BANK = PaymentMethod.BANK_TRANSFER


def news(said) -> list[tuple[AttemptTurn, str]]:
    """What was said of attempts, once each."""
    heard = [one for one in said if isinstance(one, AttemptNews)]
    return sorted({(one.turn, one.reference) for one in heard})


def reasons(said) -> set[str]:
    return {one.reason for one in said if isinstance(one, AttemptNews)}


def statuses(attempt, said) -> list[LegStatus]:
    facts = [one for one in said if isinstance(one, Observation)]
    return [stand(leg, facts).status for leg in attempt.legs]


def by_bank(card, *amounts: int, method: str = "pm_usBankAccount_success"):
    """An attempt that a bank account pays, in some days."""
    attempt, _ = card.prepare(card.start(*amounts, method=BANK))
    card.confirm(attempt, method)
    return attempt


def bank_answers(card, attempt) -> None:
    def answered() -> bool:
        made = card.client.v1.payment_intents.retrieve(attempt.provider_reference)
        return made.status != "processing"

    card.server.hurry_until(answered)


def changed(message: RailMessage, **fields: object) -> RailMessage:
    """The same about an object of which something is different."""
    item = {**message.payload["object"], **fields}
    return RailMessage(message.name, {**message.payload, "object": item})


def telling(card, attempt) -> list[list[Observation | AttemptNews]]:
    """What each message says that says anything."""
    said = [card.gateway.parse_observation(each) for each in card.messages(attempt)]
    return [list(each) for each in said if each]


def joined(order) -> list[Observation | AttemptNews]:
    return [one for said in order for one in said]


def kept(said):
    """Each observation as it is kept in the end: what is first said of it stays."""
    facts = [one for one in said if isinstance(one, Observation)]
    return [(one.observation_id, one.fact, one.stage) for one in furthest(facts).values()]


def whole_story(card):
    """An attempt of two orders: one released and reimbursed in part, one refunded."""
    attempt = card.pay(1_000, 2_000)
    attempt = card.carry(card.gateway.release(attempt.legs[:1]), attempt)
    attempt = card.carry(card.gateway.refund(attempt.legs[1:]), attempt)
    return card.carry(card.gateway.reimburse(attempt.legs[0], 400), attempt)


def test_says_the_same_by_every_way(card) -> None:
    attempt = whole_story(card)

    by_looking, by_webhook = card.gateway.list_said(attempt), card.heard(attempt)

    assert names(by_looking) == names(by_webhook) == names(card.said)
    assert len(names(card.said)) == 6


def test_says_the_same_figures_by_every_way(card) -> None:
    attempt = whole_story(card)
    told = [*card.said, *card.gateway.list_said(attempt), *card.heard(attempt)]

    figures = {(one.observation_id, one.fact) for one in told if isinstance(one, Observation)}

    assert len(figures) == 6


@pytest.mark.pitfall("P6")
def test_comes_to_the_same_in_every_order(card) -> None:
    attempt = by_bank(card, 1_000, 2_000)
    bank_answers(card, attempt)
    attempt = card.hear(attempt, card.gateway.list_said(attempt))
    attempt = card.carry(card.gateway.release(attempt.legs[:1]), attempt)
    told = telling(card, attempt)

    orders = [joined(order) for order in permutations(told)]

    ends = {frozenset(kept(order)) for order in orders}
    assert len(orders) == 120
    assert len(ends) == 1
    assert statuses(attempt, joined(told)) == [LegStatus.RELEASED, LegStatus.HELD]


@pytest.mark.pitfall("P6")
def test_comes_to_the_same_in_every_order_when_a_refund_takes_days(card) -> None:
    attempt = card.pay(1_000, 2_000, method="pm_card_refundFail")
    attempt = card.carry(card.gateway.refund(attempt.legs[:1]), attempt)
    card.server.hurry_until(lambda: card.refunds(attempt)[0].status == "failed")
    told = telling(card, attempt)

    ends = {tuple(statuses(attempt, joined(order))) for order in permutations(told)}

    # Seldom there are three messages more, whose orders come to the same.
    assert len(told) in (6, 9)
    assert ends == {(LegStatus.HELD, LegStatus.HELD)}


@pytest.mark.pitfall("P6")
@pytest.mark.parametrize("pays", [False, True])
def test_comes_to_the_same_in_every_order_when_a_bank_refuses(card, pays) -> None:
    attempt, _ = card.prepare(card.start(1_000, 2_000))
    card.confirm(attempt, "pm_usBankAccount_insufficientFunds")
    bank_answers(card, attempt)
    if pays:
        card.confirm(attempt)
    told = telling(card, attempt)

    ends = {after(attempt, joined(order)).status for order in permutations(told)}

    looked = after(attempt, card.gateway.list_said(attempt))
    assert len(told) == (6 if pays else 4)
    assert ends == {AttemptStatus.SUCCEEDED if pays else AttemptStatus.FAILED} == {looked.status}


def test_sees_the_money_while_a_bank_takes_its_time(card) -> None:
    attempt = by_bank(card, 1_000, 2_000)

    said = card.heard(attempt)

    assert statuses(attempt, said) == [LegStatus.SEEN, LegStatus.SEEN]
    assert [turn for turn, _ in news(said)] == [AttemptTurn.PROCESSING]
    assert (news(card.gateway.list_said(attempt)), names(card.gateway.list_said(attempt))) == (
        news(said),
        names(said),
    )


def test_counts_a_banks_money_from_when_it_came(card) -> None:
    attempt = by_bank(card, 1_000)
    begun = card.gateway.list_said(attempt)
    bank_answers(card, attempt)

    held = [one for one in card.gateway.list_said(attempt) if isinstance(one, Observation)]

    assert {one.effect_id for one in held} == {effect for effect, _, _ in names(begun)}
    assert names(begun) & names(held) == set()


def test_takes_back_what_was_seen_when_the_bank_refuses(card) -> None:
    attempt = by_bank(card, 1_000, method="pm_usBankAccount_insufficientFunds")
    bank_answers(card, attempt)

    said = card.heard(attempt)

    looked = card.gateway.list_said(attempt)
    assert statuses(attempt, said) == statuses(attempt, looked) == [LegStatus.ORPHANED]
    assert news(looked) == news(said)


@pytest.mark.parametrize(
    ("method", "word"),
    [
        ("pm_card_chargeDeclined", "the bank refused"),
        ("pm_card_chargeDeclinedInsufficientFunds", "not enough money"),
        ("pm_card_chargeDeclinedExpiredCard", "has expired"),
        ("pm_card_chargeDeclinedLostCard", "the bank refused"),
    ],
)
def test_says_why_a_card_was_declined(card, method, word) -> None:
    attempt, _ = card.prepare(card.start(1_000))
    card.confirm(attempt, method)

    said = card.heard(attempt)

    looked = card.gateway.list_said(attempt)
    assert [turn for turn, _ in news(said)] == [AttemptTurn.DECLINED]
    assert news(looked) == news(said)
    assert len(reasons(said) | reasons(looked)) == 1
    assert word in next(iter(reasons(said)))
    assert names([*said, *looked]) == set()


def test_says_that_a_payer_was_not_recognised(card) -> None:
    attempt, _ = card.prepare(card.start(1_000))
    card.confirm(attempt, "pm_card_threeDSecure2Required")
    card.authenticate(attempt, "no")

    said = card.heard(attempt)

    assert [turn for turn, _ in news(said)] == [AttemptTurn.DECLINED]
    assert news(card.gateway.list_said(attempt)) == news(said)
    assert "make sure that it is you" in next(iter(reasons(said)))


def test_says_that_an_attempt_is_closed(card) -> None:
    attempt, _ = card.prepare(card.start(1_000))
    card.gateway.cancel_payment(attempt)

    said = card.heard(attempt)

    assert news(said) == [(AttemptTurn.CLOSED, f"{attempt.provider_reference}:closed")]
    assert card.gateway.list_said(attempt) == tuple(said)


def test_hears_both_cards_when_the_second_one_paid(card) -> None:
    attempt, _ = card.prepare(card.start(1_000))
    card.confirm(attempt, "pm_card_chargeDeclined")
    card.confirm(attempt)

    said = card.heard(attempt)

    assert statuses(attempt, said) == [LegStatus.HELD]
    assert news(card.gateway.list_said(attempt)) == news(said)


def test_lists_what_was_said_when_the_intent_is_not_known_yet(card) -> None:
    attempt = card.pay(1_000)
    unknown = replace(attempt, provider_reference=None)

    assert names(card.gateway.list_said(unknown)) == names(card.said)


def test_lists_nothing_when_stripe_was_never_asked(card) -> None:
    assert card.gateway.list_said(card.start(1_000)) == ()


@pytest.mark.parametrize("known", [True, False])
def test_looks_up_a_reimbursement_as_the_leg_knows_it(card, known) -> None:
    attempt = card.release(card.pay(1_000))
    after = card.carry(card.gateway.reimburse(attempt.legs[0], 400), attempt)

    found = card.gateway.lookup(after.legs[0] if known else attempt.legs[0])

    expected = (LegStatus.RELEASED, 1_000) if known else (LegStatus.SPLIT, 600)
    assert (found.status, found.released) == expected


def test_looks_up_what_the_leg_says_of_its_goods(card) -> None:
    attempt = card.pay(1_000)
    attempt = card.hear(attempt, card.gateway.fulfil(attempt.legs).facts)

    found = card.gateway.lookup(attempt.legs[0])

    assert (found.status, found.deadline) == (LegStatus.FULFILLED, attempt.legs[0].deadline)


def test_hears_that_a_seller_can_be_paid(card) -> None:
    account = card.client.v1.accounts.create(
        {"type": "express", "capabilities": {"transfers": {"requested": True}}}
    ).id
    card.server.control(f"accounts/{account}/complete")

    (message,) = card.messages_of(account)

    assert card.gateway.parse_observation(message) == [PayeeAccount(reference=account, ready=True)]


@pytest.mark.pitfall("P14")
def test_hears_nothing_of_a_payment_in_another_account(card) -> None:
    attempt = card.pay(1_000)
    paid = [each for each in card.messages(attempt) if each.name == "payment_intent.succeeded"]
    elsewhere = [
        RailMessage(each.name, {**each.payload, "account": card.seller})
        for each in [*paid, RailMessage("charge.dispute.created", paid[0].payload)]
    ]

    heard = [card.gateway.parse_observation(each) for each in elsewhere]

    assert card.gateway.parse_observation(paid[0])
    assert [list(said) for said in heard] == [[], []]
    assert [card.gateway.needs_look(each) for each in elsewhere] == [None, None]


@pytest.mark.pitfall("P19")
@pytest.mark.parametrize("currency", ["jpy", "kwd", "eur"])
def test_hears_nothing_of_money_that_is_not_dollars(card, currency) -> None:
    attempt = whole_story(card)

    heard = [
        card.gateway.parse_observation(changed(each, currency=currency))
        for each in card.messages(attempt)
    ]

    assert [said for said in heard if said] == []


@pytest.mark.pitfall("P19")
@pytest.mark.parametrize("amount", [10.5, "1000", -1, True, None])
def test_refuses_to_guess_about_an_amount(card, amount) -> None:
    attempt = card.pay(1_000)
    (paid,) = [each for each in card.messages(attempt) if each.name == "charge.succeeded"]

    with pytest.raises(ProviderRejected):
        card.gateway.parse_observation(changed(paid, amount=amount))


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"attempt": "att_1"},
        {"attempt": "att_1", "amounts": ""},
        {"attempt": "att_1", "amounts": "1,,2"},
        {"attempt": "att_1", "amounts": "-1"},
        {"attempt": "att_1", "amounts": "0"},
        {"attempt": "a:b", "amounts": "1"},
    ],
)
def test_hears_nothing_of_payments_that_are_not_ours(card, metadata) -> None:
    attempt = card.pay(1_000)
    (paid,) = [each for each in card.messages(attempt) if each.name == "charge.succeeded"]

    assert list(card.gateway.parse_observation(changed(paid, metadata=metadata))) == []


def test_holds_what_was_received_when_it_is_less_than_was_asked_for(card) -> None:
    attempt = card.pay(1_000, 2_000)
    (paid,) = [each for each in card.messages(attempt) if each.name == "payment_intent.succeeded"]

    said = card.gateway.parse_observation(changed(paid, amount_received=2_999))

    assert [one.fact.amount for one in said] == [1_000, 1_999]
    assert {one.stage for one in said} == {FactStage.REACHED}
