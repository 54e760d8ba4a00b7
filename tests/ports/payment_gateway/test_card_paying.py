"""Being paid by card: terms, one intent for each attempt, and giving an attempt up."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from souk.core.errors import ProviderRefusesUs, ProviderRejected
from souk.modules.payments import errors
from souk.modules.payments.domain import (
    Executed,
    FactStage,
    LegStatus,
    NeedsBrowser,
    PaymentMethod,
    Pending,
)
from souk.modules.payments.ports import Payer
from tests.support.card_rail import DAY, MONEY, CardRail, names
from tests.support.waiting import eventually

ANYBODY = Payer(account_id="acc_1")
NEVER_SEEN = Payer(account_id="")


def intents(card, attempt) -> list[str]:
    """The status of every intent on which an attempt is written."""
    query = f"metadata['attempt']:'{attempt.id}'"
    return [each.status for each in card.client.v1.payment_intents.search({"query": query}).data]


def intent(card, attempt):
    return card.client.v1.payment_intents.retrieve(attempt.provider_reference)


def test_states_what_was_agreed(card) -> None:
    plan = card.plan(1_000)

    (draft,) = card.gateway.draft(plan)

    assert draft.external_reference == f"stripe:{plan.attempt_id}:0"
    assert json.loads(draft.document.body)["card"] == {
        "provider": "stripe",
        "payee": card.seller,
        "amount": "1000",
        "feeBps": "250",
        "payBy": str(plan.pay_by),
        "fulfilBy": str(plan.pay_by + 9 * DAY),
        "window": str(9 * DAY),
    }
    assert draft.terms.ref == draft.document.ref


def test_has_nothing_to_fulfil_when_the_goods_are_digital(card) -> None:
    (draft,) = card.gateway.draft(card.plan(1_000, days=None))

    assert (draft.terms.fulfil_by, draft.terms.window) == (0, 3 * DAY)


def test_drafts_nothing_when_a_seller_has_no_account(card) -> None:
    with pytest.raises(errors.SellerTakesNoCards):
        card.gateway.draft(card.plan(1_000, account=None))


@pytest.mark.parametrize(("days", "fits"), [(23, True), (24, False)])
def test_drafts_nothing_when_the_money_would_wait_too_long(card, days, fits) -> None:
    assert MONEY.hold_days - MONEY.dispute_days == 2 * (23 + 7)

    if fits:
        assert card.gateway.draft(card.plan(1_000, days=days))
        return
    with pytest.raises(errors.HoldTooLong):
        card.gateway.draft(card.plan(1_000, days=days))


@pytest.mark.parametrize(("sellers", "fits"), [(50, True), (72, False)])
def test_drafts_nothing_when_a_cart_has_too_many_sellers(card, sellers, fits) -> None:
    plan = card.plan(*[999_999] * sellers)

    if fits:
        assert len(card.gateway.draft(plan)) == sellers
        return
    with pytest.raises(errors.MethodUnavailable):
        card.gateway.draft(plan)


@pytest.mark.parametrize(
    ("method", "kinds"),
    [
        (PaymentMethod.STRIPE, {"card", "us_bank_account"}),
        (PaymentMethod.CREDIT_CARD, {"card"}),
        (PaymentMethod.DEBIT_CARD, {"card"}),
        (PaymentMethod.BANK_TRANSFER, {"us_bank_account"}),
    ],
)
def test_takes_only_what_the_buyer_chose(card, method, kinds) -> None:
    attempt, _ = card.prepare(card.start(1_000, method=method))

    assert set(intent(card, attempt).payment_method_types) == kinds


def test_asks_for_all_orders_together_and_writes_down_whose_they_are(card) -> None:
    attempt, _ = card.prepare(card.start(1_000, 2_500))

    made = intent(card, attempt)

    assert (made.amount, made.currency, made.transfer_group) == (3_500, "usd", attempt.id)
    assert made.metadata.to_dict() == {
        "attempt": attempt.id,
        "payment": attempt.payment_id,
        "amounts": "1000,2500",
    }


def test_pays_with_what_was_saved(card) -> None:
    customer = card.client.v1.customers.create({}).id
    saved = card.client.v1.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    attempt, outcome = card.prepare(card.start(1_000, saved=saved), customer)

    card.client.v1.payment_intents.confirm(outcome.reference)

    made = intent(card, attempt)
    assert (made.status, made.customer, made.payment_method) == ("succeeded", customer, saved)


@pytest.mark.parametrize("whose", ["another's", "nobody's", "the stranger's"])
def test_finds_no_saved_card_that_is_not_the_payers(card, whose) -> None:
    customer, other = (card.client.v1.customers.create({}).id for _ in range(2))
    saved = card.client.v1.payment_methods.attach("pm_card_visa", {"customer": other}).id
    attempt = card.start(1_000, saved="pm_none" if whose == "nobody's" else saved)

    with pytest.raises(errors.SavedMethodNotFound):
        card.prepare(attempt, None if whose == "the stranger's" else customer)


def test_blames_no_card_when_stripe_does_not_know_us(card) -> None:
    stranger = CardRail(replace(card.server, secret_key="sk_test_stranger"))

    with pytest.raises(ProviderRefusesUs) as refusal:
        stranger.prepare(card.start(1_000, saved="pm_1"), "cus_1")

    assert refusal.value.context == {"provider_code": "key_refused"}


def test_writes_amounts_down_in_the_order_of_the_legs_names(card) -> None:
    attempt = card.start(1_000, 2_500)
    turned = replace(attempt, legs=attempt.legs[::-1])

    known, _ = card.prepare(turned)

    assert intent(card, known).metadata["amounts"] == "1000,2500"


def test_calls_off_what_could_never_be_asked_for(card) -> None:
    attempt = card.start(10)
    with pytest.raises(ProviderRejected):
        card.prepare(attempt)

    assert card.gateway.cancel_payment(attempt) == Executed(attempt.id)


def test_signs_nothing(card) -> None:
    with pytest.raises(errors.MalformedConsent):
        card.gateway.prepare_payment(card.start(1_000), ANYBODY, "0x")


def test_makes_one_intent_when_the_first_answer_was_lost(card) -> None:
    attempt = card.start(1_000)
    _, first = card.prepare(attempt)

    _, again = card.prepare(attempt)

    assert again == first
    assert len(intents(card, attempt)) == 1


def test_says_who_paid_when_the_first_answer_was_lost(card) -> None:
    attempt = card.start(1_000)
    known, _ = card.prepare(attempt)
    card.confirm(known)

    outcome = card.gateway.prepare_payment(attempt, ANYBODY)

    assert isinstance(outcome, Executed)
    assert len(outcome.facts) == 1


def test_finds_the_intent_when_it_was_asked_for_as_another_customer(card) -> None:
    attempt = card.start(1_000)
    _, first = card.prepare(attempt)
    customer = card.client.v1.customers.create({}).id

    _, again = card.prepare(attempt, customer)

    assert again == first


def test_waits_while_a_bank_takes_its_time(card) -> None:
    attempt, _ = card.prepare(card.start(1_000, method=PaymentMethod.BANK_TRANSFER))
    card.confirm(attempt, "pm_usBankAccount_success")

    outcome = card.gateway.prepare_payment(attempt, ANYBODY)

    assert isinstance(outcome, Pending)
    assert [one.stage for one in outcome.facts] == [FactStage.SEEN]


def test_cannot_call_off_what_a_bank_has_begun(card) -> None:
    attempt, _ = card.prepare(card.start(1_000))
    card.confirm(attempt, "pm_usBankAccount_success")

    assert isinstance(card.gateway.cancel_payment(attempt), Pending)


def test_calls_off_what_may_have_been_asked_for(card) -> None:
    attempt = card.start(1_000)
    card.prepare(attempt)

    outcome = card.gateway.cancel_payment(attempt)

    assert isinstance(outcome, Executed)
    assert intents(card, attempt) == ["canceled"]


def test_leaves_nothing_to_pay_when_a_request_comes_after_it_was_called_off(card) -> None:
    attempt = card.start(1_000)
    card.gateway.cancel_payment(attempt)

    with pytest.raises(errors.AttemptNotOpen):
        card.gateway.prepare_payment(attempt, NEVER_SEEN)

    assert intents(card, attempt) == ["canceled"]


def test_sees_that_the_payer_was_faster(card) -> None:
    attempt, _ = card.prepare(card.start(1_000))
    path = f"/v1/payment_intents/{attempt.provider_reference}/cancel"
    before = card.server.happened("timeout_before_effect")
    card.server.control("faults", kind="timeout_before_effect", on=path, milliseconds=500)
    with ThreadPoolExecutor(1) as pool:
        called_off = pool.submit(card.gateway.cancel_payment, attempt)
        eventually(lambda: card.server.happened("timeout_before_effect") > before)
        card.confirm(attempt)

    outcome = called_off.result()

    assert outcome == card.gateway.prepare_payment(attempt, ANYBODY)


def test_says_so_when_stripe_does_not_know_the_payment(card) -> None:
    attempt, _ = card.prepare(card.start(1_000))

    with pytest.raises(ProviderRejected):
        card.gateway.prepare_payment(replace(attempt, provider_reference="pi_none"), ANYBODY)


def test_looks_up_nothing_when_nobody_tried_to_pay(card) -> None:
    attempt, _ = card.prepare(card.start(1_000))

    assert card.gateway.lookup(attempt.legs[0]).status is LegStatus.AWAITING


def test_says_nothing_when_nobody_tried_to_pay(card) -> None:
    attempt, outcome = card.prepare(card.start(1_000))

    assert isinstance(outcome, NeedsBrowser)
    assert names(card.gateway.list_said(attempt)) == set()
