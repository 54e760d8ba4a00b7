"""The sandbox's objects have the shapes of Stripe's API reference."""

import httpx
import pytest
import stripe

from tests.ports.stripe.conftest import Control, paid
from tests.support.stripe_shapes import misshapen
from tests.support.waiting import eventually


def raw(item: stripe.StripeObject) -> dict:
    return item.to_dict()


@pytest.mark.parametrize(
    "method", ["pm_card_visa", "pm_usBankAccount_success", "pm_card_threeDSecure2Required"]
)
def test_payment_intent_has_its_shape(client: stripe.StripeClient, method: str) -> None:
    intent = client.v1.payment_intents.create(
        {"amount": 700, "currency": "usd", "payment_method": method, "confirm": True}
    )
    assert misshapen(raw(intent), stripe.PaymentIntent) == []


def test_payment_intent_has_its_shape_when_declined(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create({"amount": 700, "currency": "usd"})
    with pytest.raises(stripe.CardError):
        client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_chargeDeclined"})
    declined = client.v1.payment_intents.retrieve(intent.id)
    assert misshapen(raw(declined), stripe.PaymentIntent) == []


@pytest.mark.parametrize("method", ["pm_card_visa", "pm_usBankAccount_success"])
def test_charge_has_its_shape(client: stripe.StripeClient, method: str) -> None:
    charge = paid(client, method=method).latest_charge
    assert misshapen(raw(charge), stripe.Charge) == []


@pytest.mark.parametrize("method", ["pm_card_visa", "pm_usBankAccount_success"])
def test_payment_method_has_its_shape(client: stripe.StripeClient, method: str) -> None:
    kept = client.v1.payment_methods.retrieve(paid(client, method=method).payment_method)
    assert misshapen(raw(kept), stripe.PaymentMethod) == []


def test_refund_has_its_shape(client: stripe.StripeClient) -> None:
    refund = client.v1.refunds.create({"payment_intent": paid(client).id, "amount": 100})
    assert misshapen(raw(refund), stripe.Refund) == []


def test_transfer_and_reversal_have_their_shape(
    client: stripe.StripeClient, seller: stripe.Account
) -> None:
    charge = paid(client).latest_charge
    transfer = client.v1.transfers.create(
        {
            "amount": 900,
            "currency": "usd",
            "destination": seller.id,
            "source_transaction": charge.id,
        }
    )
    reversal = client.v1.transfers.reversals.create(transfer.id, {"amount": 100})
    assert misshapen(raw(transfer), stripe.Transfer) == []
    assert misshapen(raw(reversal), stripe.TransferReversal) == []


def test_dispute_has_its_shape(client: stripe.StripeClient) -> None:
    intent = paid(client, method="pm_card_createDispute")
    (dispute,) = client.v1.disputes.list({"payment_intent": intent.id}).data
    assert misshapen(raw(dispute), stripe.Dispute) == []


@pytest.mark.parametrize("method", ["pm_card_createDisputeInquiry", "pm_usBankAccount_dispute"])
def test_dispute_that_is_not_a_chargeback_has_its_shape(
    client: stripe.StripeClient, method: str
) -> None:
    intent = paid(client, method=method)
    by_payment = {"payment_intent": intent.id}
    (dispute,) = eventually(lambda: client.v1.disputes.list(by_payment).data)
    assert misshapen(raw(dispute), stripe.Dispute) == []


def test_payout_has_its_shape(client: stripe.StripeClient, seller: stripe.Account) -> None:
    charge = paid(client, method="pm_card_bypassPending").latest_charge
    money = {"amount": 900, "currency": "usd"}
    client.v1.transfers.create({**money, "destination": seller.id, "source_transaction": charge.id})
    payout = client.v1.payouts.create(money, {"stripe_account": seller.id})
    assert misshapen(raw(payout), stripe.Payout) == []


def test_failed_debit_has_its_shape(client: stripe.StripeClient) -> None:
    intent = paid(client, method="pm_usBankAccount_accountClosed")
    failed = eventually(
        lambda: (
            (
                found := client.v1.payment_intents.retrieve(
                    intent.id, {"expand": ["latest_charge"]}
                )
            ).last_payment_error
            and found
        )
    )
    assert failed.last_payment_error.code == "account_closed"
    assert misshapen(raw(failed), stripe.PaymentIntent) == []
    assert misshapen(raw(failed.latest_charge), stripe.Charge) == []


def test_links_of_a_seller_have_their_shape(
    client: stripe.StripeClient, seller: stripe.Account
) -> None:
    asked = {"account": seller.id, "type": "account_update", "return_url": "http://127.0.0.1/"}
    assert misshapen(raw(client.v1.account_links.create(asked)), stripe.AccountLink) == []
    login = client.v1.accounts.login_links.create(seller.id)
    assert misshapen(raw(login), stripe.LoginLink) == []


@pytest.mark.parametrize("order", ["complete", "restrict"])
def test_account_has_its_shape_when_it_changes(
    client: stripe.StripeClient, seller: stripe.Account, control: Control, order: str
) -> None:
    control(f"accounts/{seller.id}/{order}")
    changed = client.v1.accounts.retrieve(seller.id)
    assert misshapen(raw(changed), stripe.Account) == []


def test_account_has_its_shape(seller: stripe.Account) -> None:
    assert misshapen(raw(seller), stripe.Account) == []


def test_customer_and_setup_intent_have_their_shape(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"email": "buyer@example.com"})
    intent = client.v1.setup_intents.create({"customer": customer.id})
    done = client.v1.setup_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert misshapen(raw(customer), stripe.Customer) == []
    assert misshapen(raw(done), stripe.SetupIntent) == []


@pytest.mark.parametrize("answer", ["later", "genuine", "document_expired"])
def test_verification_session_has_its_shape(
    client: stripe.StripeClient, control: Control, answer: str
) -> None:
    sessions = client.v1.identity.verification_sessions
    made = sessions.create({"type": "document"})
    httpx.post(made.url, data={"answer": answer})
    assert misshapen(raw(sessions.retrieve(made.id)), stripe.identity.VerificationSession) == []
    control("time")
    eventually(lambda: sessions.retrieve(made.id).status != "processing")
    found = sessions.retrieve(made.id)
    assert misshapen(raw(found), stripe.identity.VerificationSession) == []


def test_balance_and_its_transactions_have_their_shape(client: stripe.StripeClient) -> None:
    charge = paid(client).latest_charge
    (booked,) = client.v1.balance_transactions.list({"source": charge.id}).data
    assert misshapen(raw(booked), stripe.BalanceTransaction) == []
    assert misshapen(raw(client.v1.balance.retrieve()), stripe.Balance) == []


def test_event_has_its_shape(client: stripe.StripeClient) -> None:
    paid(client)
    (event,) = client.v1.events.list({"type": "charge.succeeded", "limit": 1}).data
    assert misshapen(raw(event), stripe.Event) == []


def test_webhook_endpoint_has_its_shape(client: stripe.StripeClient) -> None:
    endpoint = client.v1.webhook_endpoints.create(
        {"url": "http://127.0.0.1:9/", "enabled_events": ["account.closed"]}
    )
    assert misshapen(raw(endpoint), stripe.WebhookEndpoint) == []


def test_shape_is_told_when_it_differs() -> None:
    item = {"id": 7, "object": "refund", "amount": "1", "created": 1, "currency": "usd", "new": 1}
    assert sorted(misshapen(item, stripe.Refund)) == [
        "Refund.amount is '1'",
        "Refund.id is 7",
        "Refund.new is not declared",
    ]
