"""Disputes in the sandbox: what they take, when they tell, and what decides them."""

import json

import pytest
import stripe

from tests.ports.stripe.conftest import Control, paid
from tests.support.waiting import eventually
from tests.support.webhook_receiver import Receiver

CREATED, WITHDRAWN = "charge.dispute.created", "charge.dispute.funds_withdrawn"
REINSTATED, CLOSED = "charge.dispute.funds_reinstated", "charge.dispute.closed"
UPDATED = "charge.dispute.updated"


def disputed(client: stripe.StripeClient, method: str = "pm_card_createDispute") -> stripe.Dispute:
    intent = paid(client, method=method)
    (dispute,) = client.v1.disputes.list({"payment_intent": intent.id}).data
    return dispute


def answer(client: stripe.StripeClient, dispute: stripe.Dispute, text: str) -> stripe.Dispute:
    client.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": text}})
    return client.v1.disputes.retrieve(dispute.id)


def booked(client: stripe.StripeClient, dispute: stripe.Dispute) -> list[int]:
    """What a dispute has moved, the newest first."""
    found = client.v1.balance_transactions.list({"source": dispute.id}).data
    return [each.net for each in found]


def events(client: stripe.StripeClient, dispute: stripe.Dispute) -> list[str]:
    """The types of the events about a dispute, the oldest first."""
    found = client.v1.events.list({"limit": 100}).data
    return [each.type for each in reversed(found) if each.data.object["id"] == dispute.id]


@pytest.mark.parametrize(
    ("evidence", "status", "moved", "told"),
    [
        ("winning_evidence", "won", [10_000, -11_500], [UPDATED, REINSTATED, CLOSED]),
        ("losing_evidence", "lost", [-11_500], [UPDATED, CLOSED]),
    ],
)
def test_dispute_is_decided_by_its_evidence(
    client: stripe.StripeClient, evidence: str, status: str, moved: list[int], told: list[str]
) -> None:
    dispute = disputed(client)
    assert answer(client, dispute, evidence).status == status
    assert booked(client, dispute) == moved
    assert events(client, dispute) == [CREATED, WITHDRAWN, *told]


def test_dispute_takes_no_money_before_it_says_so(
    client: stripe.StripeClient, hooks: Receiver
) -> None:
    dispute = disputed(client)

    def told() -> dict[str, dict]:
        all_ = [json.loads(body) for body, _ in hooks.taken]
        return {
            each["type"]: each["data"]["object"]
            for each in all_
            if each["data"]["object"]["id"] == dispute.id
        }

    eventually(lambda: {CREATED, WITHDRAWN} <= told().keys())
    assert told()[CREATED]["balance_transactions"] == []
    assert [each["net"] for each in told()[WITHDRAWN]["balance_transactions"]] == [-11_500]


def test_dispute_is_lost_when_the_seller_gives_up(client: stripe.StripeClient) -> None:
    assert client.v1.disputes.close(disputed(client).id).status == "lost"


def test_dispute_is_decided_when_it_is_ordered(
    client: stripe.StripeClient, control: Control
) -> None:
    dispute = disputed(client)
    control(f"disputes/{dispute.id}/end", won="true")
    assert client.v1.disputes.retrieve(dispute.id).status == "won"


def test_charge_is_disputed_in_part_when_it_is_ordered(
    client: stripe.StripeClient, control: Control
) -> None:
    charge = paid(client).latest_charge.id
    made = control("disputes", charge=charge, amount=2_500, reason="product_not_received")
    assert (made["amount"], made["reason"]) == (2_500, "product_not_received")
    assert client.v1.charges.retrieve(charge).disputed


def test_disputed_charge_cannot_be_refunded(client: stripe.StripeClient, control: Control) -> None:
    intent = paid(client)
    control("disputes", charge=intent.latest_charge.id)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.refunds.create({"payment_intent": intent.id})
    assert refusal.value.code == "charge_disputed"


def test_inquiry_takes_no_money(client: stripe.StripeClient) -> None:
    inquiry = disputed(client, "pm_card_createDisputeInquiry")
    assert (inquiry.status, booked(client, inquiry)) == ("warning_needs_response", [])
    assert client.v1.refunds.create({"charge": inquiry.charge}).status == "succeeded"


def test_inquiry_is_closed_when_it_was_answered(client: stripe.StripeClient) -> None:
    inquiry = disputed(client, "pm_card_createDisputeInquiry")
    assert answer(client, inquiry, "winning_evidence").status == "warning_closed"
    assert events(client, inquiry) == [CREATED, UPDATED, CLOSED]


def test_inquiry_takes_the_money_when_the_bank_is_not_content(client: stripe.StripeClient) -> None:
    inquiry = disputed(client, "pm_card_createDisputeInquiry")
    assert answer(client, inquiry, "escalate_inquiry_evidence").status == "needs_response"
    assert booked(client, inquiry) == [-11_500]
    assert events(client, inquiry)[-1] == WITHDRAWN


def test_bank_debit_is_disputed_after_it_has_succeeded(client: stripe.StripeClient) -> None:
    intent = paid(client, method="pm_usBankAccount_dispute")
    eventually(lambda: client.v1.disputes.list({"payment_intent": intent.id}).data)
    assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"
