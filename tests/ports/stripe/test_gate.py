"""Which of the webhooks that Stripe has signed are meant for this installation."""

import json

import pytest

from souk.adapters.stripe.webhooks import StripeWebhookGate, StripeWebhooks
from souk.core.clock import SystemClock
from souk.modules.payments.errors import WebhookRefused
from tests.ports.stripe.conftest import SECRET
from tests.ports.stripe.test_signatures import BODY, EVENT, NOW, header, webhooks
from tests.support.waiting import eventually


def gate(*, is_test: bool = True) -> StripeWebhookGate:
    return StripeWebhookGate(webhooks(), is_test=is_test)


def an_event(**changes: object) -> bytes:
    return json.dumps({**EVENT, **changes}).encode()


def is_foreign(body: bytes, *, is_test: bool = True) -> bool:
    return gate(is_test=is_test).open(body, header(body)).foreign


def test_lets_in_what_is_signed() -> None:
    message = gate().open(BODY, header(BODY))

    assert (message.external_id, message.foreign, message.occurred_at) == ("evt_1", False, NOW)


def test_refuses_what_is_not_signed() -> None:
    with pytest.raises(WebhookRefused):
        gate().open(BODY, None)


@pytest.mark.pitfall("P14")
@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("is_test", [True, False])
def test_keeps_live_and_test_apart(live, is_test) -> None:
    assert is_foreign(an_event(livemode=live), is_test=is_test) is (live == is_test)


@pytest.mark.pitfall("P14")
@pytest.mark.parametrize(
    ("kind", "foreign"),
    [
        ("payment_intent.succeeded", True),
        ("charge.dispute.created", True),
        ("account.updated", False),
    ],
)
def test_hears_a_connected_account_about_itself_alone(kind, foreign) -> None:
    assert is_foreign(an_event(type=kind, account="acct_1")) is foreign


def test_reads_what_it_let_in() -> None:
    message = gate().read(an_event(account="acct_1"))

    assert message.name == "payment_intent.succeeded"
    assert message.payload == {
        "created": EVENT["created"],
        "account": "acct_1",
        "object": {"id": "pi_1", "object": "payment_intent"},
    }


def test_reads_nothing_that_it_cannot_have_let_in() -> None:
    with pytest.raises(WebhookRefused):
        gate().read(b"{}")


def test_lets_in_what_the_sandbox_sends(client, hooks) -> None:
    intent = client.v1.payment_intents.create({"amount": 1_234, "currency": "usd"})
    arrived = eventually(lambda: [sent for sent in hooks.taken if intent.id.encode() in sent[0]])
    real = StripeWebhookGate(StripeWebhooks([SECRET], SystemClock()), is_test=True)

    (body, signature) = arrived[0]

    assert not real.open(body, signature).foreign
    assert real.read(body).payload["object"]["id"] == intent.id
