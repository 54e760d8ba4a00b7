"""Refunds, transfers, reversals and payouts in the sandbox."""

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


def test_refund_to_a_bank_succeeds_later(client: stripe.StripeClient) -> None:
    intent = paid(client, method="pm_usBankAccount_success")
    eventually(lambda: client.v1.payment_intents.retrieve(intent.id).status == "succeeded")
    refund = client.v1.refunds.create({"payment_intent": intent.id})
    assert refund.status == "pending"
    eventually(lambda: client.v1.refunds.retrieve(refund.id).status == "succeeded")


def test_refunds_are_found_by_their_payment(client: stripe.StripeClient) -> None:
    intent = paid(client)
    made = [
        client.v1.refunds.create(
            {"payment_intent": intent.id, "amount": cents, "metadata": {"attempt": cents}}
        )
        for cents in (100, 200)
    ]
    found = client.v1.refunds.list({"payment_intent": intent.id}).data
    assert [each.id for each in found] == [made[1].id, made[0].id]
    assert found[0].metadata.to_dict() == {"attempt": "200"}


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


def test_transfers_are_found_by_their_group(
    client: stripe.StripeClient, seller: stripe.Account
) -> None:
    charge = paid(client, 5_000).latest_charge.id
    sent = client.v1.transfers.create(
        {
            "amount": 900,
            "currency": "usd",
            "destination": seller.id,
            "source_transaction": charge,
            "transfer_group": f"order of {seller.id}",
            "metadata": {"order": "one"},
        }
    )
    back = client.v1.transfers.reversals.create(sent.id, {"amount": 100, "metadata": {"why": "x"}})
    (found,) = client.v1.transfers.list({"transfer_group": f"order of {seller.id}"}).data
    assert (found.id, found.metadata.to_dict()) == (sent.id, {"order": "one"})
    assert [each.id for each in client.v1.transfers.reversals.list(sent.id).data] == [back.id]


def pay_out(client: stripe.StripeClient, seller: stripe.Account, amount: int) -> stripe.Payout:
    return client.v1.payouts.create(
        {"amount": amount, "currency": "usd"}, {"stripe_account": seller.id}
    )


def test_reversal_is_refused_when_the_seller_has_paid_out(
    client: stripe.StripeClient, seller: stripe.Account
) -> None:
    charge = paid(client, 5_000, "pm_card_bypassPending").latest_charge.id
    sent = transfer(client, seller, charge, 4_000)
    pay_out(client, seller, 3_000)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.transfers.reversals.create(sent.id, {"amount": 1_001})
    assert refusal.value.code == "balance_insufficient"
    assert client.v1.transfers.reversals.create(sent.id, {"amount": 1_000}).amount == 1_000


def test_payout_is_refused_when_its_money_is_not_there_yet(
    client: stripe.StripeClient, seller: stripe.Account
) -> None:
    transfer(client, seller, paid(client, 5_000).latest_charge.id, 4_000)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        pay_out(client, seller, 1)
    assert refusal.value.code == "balance_insufficient"


def test_payout_takes_also_what_is_pending_when_it_is_ordered(
    client: stripe.StripeClient, seller: stripe.Account, control: Control
) -> None:
    transfer(client, seller, paid(client, 5_000).latest_charge.id, 4_000)
    control(f"accounts/{seller.id}/pay_out")
    assert worth(client, seller.id) == 0


def test_payout_arrives_later(client: stripe.StripeClient, seller: stripe.Account) -> None:
    charge = paid(client, 5_000, "pm_card_bypassPending").latest_charge.id
    transfer(client, seller, charge, 4_000)
    sent = pay_out(client, seller, 4_000)
    account = {"stripe_account": seller.id}
    assert sent.status == "pending"
    eventually(lambda: client.v1.payouts.retrieve(sent.id, {}, account).status == "paid")
