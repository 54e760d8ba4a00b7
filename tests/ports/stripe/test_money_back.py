"""Refunds, transfers, reversals and disputes in the sandbox."""

import pytest
import stripe

from tests.ports.stripe.conftest import Control, paid
from tests.support.waiting import eventually


def transfer(client: stripe.StripeClient, seller: stripe.Account, charge: str, amount: int):
    return client.v1.transfers.create(
        {
            "amount": amount,
            "currency": "usd",
            "destination": seller.id,
            "source_transaction": charge,
        }
    )


def worth(client: stripe.StripeClient, account: str) -> int:
    balance = client.v1.balance.retrieve({}, {"stripe_account": account})
    return sum(each.amount for each in (*balance.available, *balance.pending))


def test_refunds_never_pass_the_charge(client: stripe.StripeClient) -> None:
    intent = paid(client, 1_000)
    client.v1.refunds.create({"payment_intent": intent.id, "amount": 700})
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        client.v1.refunds.create({"payment_intent": intent.id, "amount": 301})


def test_refund_is_refused_when_all_was_refunded(client: stripe.StripeClient) -> None:
    intent = paid(client)
    client.v1.refunds.create({"payment_intent": intent.id})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.refunds.create({"payment_intent": intent.id})
    assert refusal.value.code == "charge_already_refunded"


def test_refund_fails_later_when_the_bank_returns_it(client: stripe.StripeClient) -> None:
    intent = paid(client, method="pm_card_refundFail")
    refund = client.v1.refunds.create({"payment_intent": intent.id})
    eventually(lambda: client.v1.refunds.retrieve(refund.id).status == "failed")
    assert client.v1.charges.retrieve(intent.latest_charge.id).amount_refunded == 0


def test_refund_succeeds_later_when_it_was_pending(client: stripe.StripeClient) -> None:
    intent = paid(client, method="pm_card_pendingRefund")
    refund = client.v1.refunds.create({"payment_intent": intent.id})
    assert refund.status == "pending"
    eventually(lambda: client.v1.refunds.retrieve(refund.id).status == "succeeded")


def test_transfer_gives_the_seller_the_money(
    client: stripe.StripeClient, seller: stripe.Account
) -> None:
    transfer(client, seller, paid(client, 5_000).latest_charge.id, 4_000)
    assert worth(client, seller.id) == 4_000


def test_transfers_never_pass_their_charge(
    client: stripe.StripeClient, seller: stripe.Account
) -> None:
    charge = paid(client, 5_000).latest_charge.id
    transfer(client, seller, charge, 3_000)
    with pytest.raises(stripe.InvalidRequestError, match="more than its amount"):
        transfer(client, seller, charge, 2_001)


def test_transfer_is_refused_when_its_money_is_not_there_yet(
    client: stripe.StripeClient, seller: stripe.Account
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.transfers.create(
            {"amount": 90_000_000, "currency": "usd", "destination": seller.id}
        )
    assert refusal.value.code == "balance_insufficient"


def test_transfer_is_refused_when_the_papers_are_not_in_order(client: stripe.StripeClient) -> None:
    account = client.v1.accounts.create({"capabilities": {"transfers": {"requested": True}}})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        transfer(client, account, paid(client).latest_charge.id, 100)
    assert refusal.value.code == "insufficient_capabilities_for_transfer"


def test_reversal_takes_the_money_back(client: stripe.StripeClient, seller: stripe.Account) -> None:
    sent = transfer(client, seller, paid(client, 5_000).latest_charge.id, 4_000)
    client.v1.transfers.reversals.create(sent.id, {"amount": 1_500})
    assert worth(client, seller.id) == 2_500
    assert client.v1.transfers.retrieve(sent.id).amount_reversed == 1_500


def test_reversals_never_pass_the_transfer(
    client: stripe.StripeClient, seller: stripe.Account
) -> None:
    sent = transfer(client, seller, paid(client, 5_000).latest_charge.id, 4_000)
    with pytest.raises(stripe.InvalidRequestError, match="greater than unreversed"):
        client.v1.transfers.reversals.create(sent.id, {"amount": 4_001})


@pytest.mark.parametrize(
    ("evidence", "status", "back"), [("winning_evidence", "won", 1), ("losing_evidence", "lost", 0)]
)
def test_dispute_is_decided_by_its_evidence(
    client: stripe.StripeClient, evidence: str, status: str, back: int
) -> None:
    intent = paid(client, method="pm_card_createDispute")
    (dispute,) = client.v1.disputes.list({"payment_intent": intent.id}).data
    client.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": evidence}})
    booked = client.v1.balance_transactions.list({"source": dispute.id}).data
    assert client.v1.disputes.retrieve(dispute.id).status == status
    assert len([each for each in booked if each.amount > 0]) == back


def test_disputed_charge_cannot_be_refunded(client: stripe.StripeClient, control: Control) -> None:
    intent = paid(client)
    control("disputes", charge=intent.latest_charge.id)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.refunds.create({"payment_intent": intent.id})
    assert refusal.value.code == "charge_disputed"
