"""What comes of paying in the sandbox."""

import httpx
import pytest
import stripe

from souk.embedded.stripe import StripeSandbox
from tests.ports.stripe.conftest import Control, paid
from tests.support.waiting import eventually

BACK = "http://127.0.0.1/back"


def intent_of(client: stripe.StripeClient, **more: object) -> stripe.PaymentIntent:
    return client.v1.payment_intents.create({"amount": 2_500, "currency": "usd", **more})


def test_card_pays_when_it_is_good(client: stripe.StripeClient) -> None:
    intent = paid(client, 2_500)
    assert (intent.status, intent.amount_received) == ("succeeded", 2_500)


def test_money_is_booked_less_the_fee_when_a_card_pays(client: stripe.StripeClient) -> None:
    booked = client.v1.balance_transactions.retrieve(
        paid(client, 10_000).latest_charge.balance_transaction
    )
    assert (booked.amount, booked.fee, booked.net) == (10_000, 320, 9_680)


@pytest.mark.parametrize(
    ("method", "code", "decline"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        (
            "pm_card_chargeDeclinedInsufficientFunds",
            "card_declined",
            "insufficient_funds",
        ),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
    ],
)
def test_card_is_refused_when_it_is_declined(
    client: stripe.StripeClient, method: str, code: str, decline: str
) -> None:
    intent = intent_of(client)
    with pytest.raises(stripe.CardError) as refusal:
        client.v1.payment_intents.confirm(intent.id, {"payment_method": method})
    assert (refusal.value.code, refusal.value.error.decline_code) == (code, decline)


def test_intent_can_be_paid_when_another_card_was_declined(client: stripe.StripeClient) -> None:
    intent = intent_of(client)
    with pytest.raises(stripe.CardError):
        client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_chargeDeclined"})
    again = client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert (again.status, again.last_payment_error) == ("succeeded", None)


@pytest.mark.parametrize(
    ("answer", "status"), [("yes", "succeeded"), ("no", "requires_payment_method")]
)
def test_card_with_3d_secure_waits_for_the_buyer(
    client: stripe.StripeClient, answer: str, status: str
) -> None:
    intent = intent_of(client)
    asked = client.v1.payment_intents.confirm(
        intent.id, {"payment_method": "pm_card_threeDSecure2Required", "return_url": BACK}
    )
    page = asked.next_action.redirect_to_url.url
    assert asked.status == "requires_action"
    assert httpx.post(page, data={"answer": answer}).headers["Location"].startswith(f"{BACK}?")
    assert client.v1.payment_intents.retrieve(intent.id).status == status


def test_card_is_declined_when_it_asks_for_a_buyer_who_is_away(client: stripe.StripeClient) -> None:
    intent = intent_of(client)
    with pytest.raises(stripe.CardError) as refusal:
        client.v1.payment_intents.confirm(
            intent.id,
            {"payment_method": "pm_card_authenticationRequired", "off_session": True},
        )
    assert refusal.value.error.decline_code == "authentication_required"


@pytest.mark.parametrize(
    ("method", "status"),
    [
        ("pm_usBankAccount_success", "succeeded"),
        ("pm_usBankAccount_insufficientFunds", "requires_payment_method"),
    ],
)
def test_bank_answers_later(client: stripe.StripeClient, method: str, status: str) -> None:
    intent = intent_of(client, payment_method=method, confirm=True)
    assert intent.status == "processing"
    eventually(lambda: client.v1.payment_intents.retrieve(intent.id).status == status)


def test_card_asks_for_the_buyer_when_the_shop_wants_it(client: stripe.StripeClient) -> None:
    wish = {"card": {"request_three_d_secure": "any"}}
    intent = intent_of(
        client, payment_method_options=wish, payment_method="pm_card_visa", confirm=True
    )
    assert intent.status == "requires_action"


def test_intent_keeps_what_it_was_told(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({})
    intent = intent_of(
        client,
        automatic_payment_methods={"enabled": True},
        customer=customer.id,
        metadata={"attempt": "a"},
        setup_future_usage="off_session",
        shipping={"name": "Noor", "address": {"line1": "Suq 1", "country": "AE"}},
        transfer_group="order",
    )
    assert intent.automatic_payment_methods.enabled
    assert (intent.customer, intent.transfer_group) == (customer.id, "order")
    assert (intent.metadata.to_dict(), intent.setup_future_usage) == (
        {"attempt": "a"},
        "off_session",
    )
    assert intent.shipping.address.line1 == "Suq 1"


def test_intent_takes_only_what_it_was_made_for(client: stripe.StripeClient) -> None:
    intent = intent_of(client, allowed_payment_method_types=["card"])
    with pytest.raises(stripe.InvalidRequestError, match="does not take us_bank_account"):
        client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_usBankAccount_success"})


def test_debit_can_be_called_off_when_the_bank_never_answers(client: stripe.StripeClient) -> None:
    intent = intent_of(client, payment_method="pm_usBankAccount_processing", confirm=True)
    assert client.v1.payment_intents.cancel(intent.id).status == "canceled"


def test_debit_cannot_be_called_off_when_the_bank_will_answer(client: stripe.StripeClient) -> None:
    intent = intent_of(client, payment_method="pm_usBankAccount_success", confirm=True)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.cancel(intent.id)
    assert refusal.value.code == "payment_intent_unexpected_state"


def test_method_has_a_second_name(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.CardError):
        intent_of(client, payment_method="pm_card_visa_chargeDeclined", confirm=True)


def test_cancelled_intent_cannot_be_paid(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.cancel(intent_of(client).id)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert refusal.value.code == "payment_intent_unexpected_state"


def test_paid_intent_cannot_be_cancelled(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.cancel(paid(client).id)
    assert refusal.value.error.payment_intent.status == "succeeded"


def test_browser_may_confirm_when_it_knows_the_secret(
    client: stripe.StripeClient, sandbox: StripeSandbox
) -> None:
    intent = intent_of(client)
    answer = httpx.post(
        f"{sandbox.url}/v1/payment_intents/{intent.id}/confirm",
        data={"payment_method": "pm_card_visa", "client_secret": intent.client_secret},
        headers={"Authorization": f"Bearer {sandbox.publishable_key}"},
    )
    assert answer.json()["status"] == "succeeded"


def test_browser_may_not_refund(client: stripe.StripeClient, sandbox: StripeSandbox) -> None:
    answer = httpx.post(
        f"{sandbox.url}/v1/refunds",
        data={"payment_intent": paid(client).id},
        headers={"Authorization": f"Bearer {sandbox.publishable_key}"},
    )
    assert answer.status_code == 403


def test_key_is_refused_when_it_is_another(sandbox: StripeSandbox) -> None:
    stranger = stripe.StripeClient("sk_test_other", base_addresses={"api": sandbox.url})
    with pytest.raises(stripe.AuthenticationError):
        stranger.v1.balance.retrieve()


def test_parameter_is_refused_when_nobody_knows_it(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        intent_of(client, ammount=1)
    assert refusal.value.code == "parameter_unknown"


def test_method_is_kept_when_a_setup_succeeds(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"email": "buyer@example.com"})
    intent = client.v1.setup_intents.create({"customer": customer.id})
    client.v1.setup_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    (kept,) = client.v1.payment_methods.list({"customer": customer.id}).data
    again = intent_of(
        client, customer=customer.id, payment_method=kept.id, confirm=True, off_session=True
    )
    assert again.status == "succeeded"


def test_kept_method_pays_for_nobody_else(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({})
    kept = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    with pytest.raises(stripe.InvalidRequestError, match="another customer"):
        intent_of(client, payment_method=kept.id, confirm=True)


def test_time_can_be_hurried(client: stripe.StripeClient, control: Control) -> None:
    intent = intent_of(client, payment_method="pm_usBankAccount_success", confirm=True)
    control("time")
    eventually(lambda: client.v1.payment_intents.retrieve(intent.id).status == "succeeded")
