"""How the card rail's own client names what Stripe answers."""

import pytest
import stripe

from souk.adapters.stripe.client import StripeApi, StripeKeys
from souk.core.errors import (
    OutcomeUnknown,
    ProviderRefusesUs,
    ProviderRejected,
    ProviderUnavailable,
)
from souk.embedded.anvil import free_port
from souk.embedded.stripe import StripeSandbox
from souk.modules.payments.errors import CardDeclined
from tests.ports.stripe.conftest import Control

CREATE = {"amount": 4_321, "currency": "usd"}


@pytest.fixture
def api(sandbox: StripeSandbox) -> StripeApi:
    return StripeApi(StripeKeys(sandbox.secret_key, sandbox.url), requests_per_second=100)


def create(client: stripe.StripeClient) -> stripe.PaymentIntent:
    return client.v1.payment_intents.create(CREATE)


def test_object_comes_back_when_all_is_well(api: StripeApi) -> None:
    assert api.write(create).amount == 4_321


def test_decline_has_a_reason(api: StripeApi) -> None:
    intent = api.write(create)
    with pytest.raises(CardDeclined) as refusal:
        api.write(
            lambda client: client.v1.payment_intents.confirm(
                intent.id, {"payment_method": "pm_card_chargeDeclinedInsufficientFunds"}
            )
        )
    assert refusal.value.reason == "insufficient_funds"


def test_request_is_rejected_when_it_is_wrong(api: StripeApi) -> None:
    with pytest.raises(ProviderRejected) as refusal:
        api.read(lambda client: client.v1.payment_intents.retrieve("pi_none"))
    assert refusal.value.context == {"provider_code": "resource_missing"}


@pytest.mark.parametrize("kind", ["server_error", "server_error_after_effect"])
def test_outcome_is_unknown_when_the_server_fails_on_an_effect(
    api: StripeApi, control: Control, kind: str
) -> None:
    control("faults", kind=kind, on="/v1/payment_intents")
    with pytest.raises(OutcomeUnknown):
        api.write(create)


def test_provider_is_unavailable_when_the_server_fails_on_a_question(
    api: StripeApi, control: Control
) -> None:
    control("faults", kind="server_error", on="/v1/balance")
    with pytest.raises(ProviderUnavailable):
        api.read(lambda client: client.v1.balance.retrieve())


def test_nothing_happened_when_there_were_too_many_requests(
    api: StripeApi, control: Control
) -> None:
    control("faults", kind="rate_limit", on="/v1/payment_intents")
    with pytest.raises(ProviderUnavailable):
        api.write(create)


def test_outcome_is_unknown_when_nobody_answers() -> None:
    nobody = StripeApi(
        StripeKeys("sk_test_x", f"http://127.0.0.1:{free_port()}"), requests_per_second=100
    )
    with pytest.raises(OutcomeUnknown):
        nobody.write(create)


def test_key_is_never_told_when_it_is_refused(sandbox: StripeSandbox) -> None:
    stranger = StripeApi(StripeKeys("sk_test_canary", sandbox.url), requests_per_second=100)
    with pytest.raises(ProviderRefusesUs) as refusal:
        stranger.write(create)
    assert "canary" not in repr((refusal.value, refusal.value.context, refusal.value.__cause__))


def test_requests_are_refused_here_when_they_are_too_many(sandbox: StripeSandbox) -> None:
    slow = StripeApi(StripeKeys(sandbox.secret_key, sandbox.url), requests_per_second=0.01, burst=1)
    slow.read(lambda client: client.v1.balance.retrieve())
    with pytest.raises(ProviderUnavailable):
        slow.read(lambda client: client.v1.balance.retrieve())


def test_keys_are_not_shown() -> None:
    assert repr(StripeKeys("sk_test_canary")) == "StripeKeys(test)"
