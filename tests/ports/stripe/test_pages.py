"""The pages on which a person pays, and who may open them."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import stripe

from souk.embedded.stripe import StripeSandbox

BACK = "http://127.0.0.1/back?order=1"


@pytest.fixture
def intent(client: stripe.StripeClient) -> stripe.PaymentIntent:
    return client.v1.payment_intents.create(
        {"amount": 129_900, "currency": "usd", "description": "Copper <pot>"}
    )


def pay(sandbox: StripeSandbox, intent: stripe.PaymentIntent, **fields: str) -> httpx.Response:
    given = {"client_secret": intent.client_secret, "return_url": BACK, **fields}
    return httpx.post(f"{sandbox.url}/sandbox/pay/{intent.id}", data=given)


def told(answer: httpx.Response) -> dict[str, str]:
    """What the shop is told in the address that a browser is sent back to."""
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    return {name: values[0] for name, values in query.items()}


def test_page_shows_what_is_paid_and_with_what(
    sandbox: StripeSandbox, intent: stripe.PaymentIntent
) -> None:
    page = httpx.get(
        f"{sandbox.url}/sandbox/pay/{intent.id}", params={"client_secret": intent.client_secret}
    ).text
    assert "Pay 1,299.00 USD" in page
    assert "Copper &lt;pot&gt;" in page
    assert "4242 4242 4242 4242" in page


def test_buyer_comes_back_when_it_is_paid(
    client: stripe.StripeClient, sandbox: StripeSandbox, intent: stripe.PaymentIntent
) -> None:
    answer = pay(sandbox, intent, payment_method="pm_card_visa")
    assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"
    assert told(answer) == {
        "order": "1",
        "payment_intent": intent.id,
        "payment_intent_client_secret": intent.client_secret,
        "redirect_status": "succeeded",
    }


def test_number_of_a_card_counts_before_a_choice(
    client: stripe.StripeClient, sandbox: StripeSandbox, intent: stripe.PaymentIntent
) -> None:
    pay(sandbox, intent, payment_method="pm_card_visa", number="5555 5555 5555 4444")
    paid = client.v1.payment_intents.retrieve(intent.id, {"expand": ["payment_method"]})
    assert paid.payment_method.card.brand == "mastercard"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"payment_method": "pm_card_chargeDeclinedInsufficientFunds"}, "has insufficient funds"),
        ({"number": "4000 0000 0000 0069"}, "Your card has expired"),
        ({"number": "4111 1111 1111 1111"}, "No test card has this number"),
        ({"payment_method": "pm_none"}, "No test card has this number"),
    ],
)
def test_page_says_why_when_nothing_was_taken(
    client: stripe.StripeClient,
    sandbox: StripeSandbox,
    intent: stripe.PaymentIntent,
    fields: dict[str, str],
    words: str,
) -> None:
    assert words in pay(sandbox, intent, **fields).text
    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_payment_method"


@pytest.mark.parametrize(
    ("answer", "status", "word"),
    [
        ("yes", "succeeded", "succeeded"),
        ("no", "requires_payment_method", "failed"),
    ],
)
def test_buyer_is_asked_and_comes_back_when_the_card_wants_it(
    client: stripe.StripeClient,
    sandbox: StripeSandbox,
    intent: stripe.PaymentIntent,
    answer: str,
    status: str,
    word: str,
) -> None:
    asked = pay(sandbox, intent, payment_method="pm_card_threeDSecure2Required")
    page = f"{sandbox.url}{asked.headers['Location']}"
    assert "1,299.00 USD" in httpx.get(page).text
    assert told(httpx.post(page, data={"answer": answer}))["redirect_status"] == word
    assert client.v1.payment_intents.retrieve(intent.id).status == status


def test_card_is_declined_after_the_buyer_was_asked(
    client: stripe.StripeClient, sandbox: StripeSandbox, intent: stripe.PaymentIntent
) -> None:
    asked = pay(sandbox, intent, payment_method="pm_card_threeDSecureRequiredChargeDeclined")
    httpx.post(f"{sandbox.url}{asked.headers['Location']}", data={"answer": "yes"})
    error = client.v1.payment_intents.retrieve(intent.id).last_payment_error
    assert error.code == "card_declined"


def test_page_says_that_it_is_paid_when_it_is_opened_again(
    sandbox: StripeSandbox, intent: stripe.PaymentIntent
) -> None:
    pay(sandbox, intent, payment_method="pm_card_visa")
    assert "It is paid." in pay(sandbox, intent, return_url="").text


@pytest.mark.parametrize("secret", ["", "another"])
def test_page_is_not_found_when_the_secret_is_wrong(
    sandbox: StripeSandbox, intent: stripe.PaymentIntent, secret: str
) -> None:
    page = f"{sandbox.url}/sandbox/pay/{intent.id}"
    answer = httpx.get(page, params={"client_secret": secret})
    assert (answer.status_code, "1,299.00" in answer.text) == (404, False)


def test_page_of_an_intent_that_is_none_is_not_found(sandbox: StripeSandbox) -> None:
    assert httpx.get(f"{sandbox.url}/sandbox/pay/pi_none").status_code == 404


def test_pages_of_a_shop_may_ask_what_browsers_may(
    sandbox: StripeSandbox, intent: stripe.PaymentIntent
) -> None:
    path = f"{sandbox.url}/v1/payment_intents/{intent.id}"
    asked = httpx.options(f"{path}/confirm", headers={"Origin": "http://127.0.0.1:8000"})
    answer = httpx.post(
        f"{path}/confirm",
        data={"payment_method": "pm_card_visa", "client_secret": intent.client_secret},
        headers={"Authorization": f"Bearer {sandbox.publishable_key}"},
    )
    allowed = "Access-Control-Allow-Origin"
    assert (asked.headers[allowed], answer.headers[allowed]) == ("*", "*")
    assert "authorization" in asked.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("path", ["v1/refunds", "sandbox/faults"])
def test_pages_of_others_may_ask_nothing_else(sandbox: StripeSandbox, path: str) -> None:
    answer = httpx.options(f"{sandbox.url}/{path}", headers={"Origin": "http://127.0.0.1:8000"})
    assert (answer.status_code, answer.headers.get("Access-Control-Allow-Origin")) == (404, None)


@pytest.mark.parametrize("path", ["faults", "limit", "time", "webhooks", "disputes"])
def test_controls_are_for_who_knows_the_key(sandbox: StripeSandbox, path: str) -> None:
    assert httpx.post(f"{sandbox.url}/sandbox/{path}").status_code == 401
