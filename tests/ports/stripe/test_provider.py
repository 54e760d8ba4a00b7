"""What is said of the card provider, and how seldom it is asked."""

import pytest

from souk.bootstrap.cards import CardProvider
from souk.core.errors import ProviderRefusesUs, ProviderUnavailable
from souk.embedded.anvil import free_port
from souk.embedded.stripe import StripeSandbox
from souk.entrypoints import examinations
from souk.entrypoints.diagnosis import Unwell
from souk.settings.cards import CardSettings
from tests.ports.stripe.conftest import Control


def settings(url: str, key: str = "sk_test_sandbox") -> CardSettings:
    return CardSettings(
        stripe_secret_key=key, stripe_api_base=url, stripe_webhook_secrets=("whsec_a",)
    )


def nowhere() -> CardSettings:
    return settings(f"http://127.0.0.1:{free_port()}")


class Clock:
    """A monotonic clock that is moved."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def asked(control: Control) -> int:
    """How many questions have been refused so far."""
    return control("faults/state")["happened"].get("rate_limit", 0)


def test_provider_is_called_well_when_it_answers(sandbox: StripeSandbox) -> None:
    assert CardProvider(settings(sandbox.url)).say() == "answers, for tests"


def test_provider_is_unavailable_when_nobody_answers() -> None:
    with pytest.raises(ProviderUnavailable):
        CardProvider(nowhere()).say()


def test_provider_refuses_when_the_key_is_another(sandbox: StripeSandbox) -> None:
    with pytest.raises(ProviderRefusesUs):
        CardProvider(settings(sandbox.url, "sk_test_other")).say()


def test_provider_is_asked_twice_a_minute_at_most(sandbox: StripeSandbox, control: Control) -> None:
    clock, before = Clock(), asked(control)
    provider = CardProvider(settings(sandbox.url), clock=clock)
    control("faults", kind="rate_limit", on="/v1/balance", count=10)
    for _ in range(3):
        with pytest.raises(ProviderUnavailable):
            provider.say()
        clock.now += 10
    assert asked(control) == before + 1


def test_provider_is_well_again_when_it_is_asked_again(
    sandbox: StripeSandbox, control: Control
) -> None:
    clock = Clock()
    provider = CardProvider(settings(sandbox.url), clock=clock)
    control("faults", kind="rate_limit", on="/v1/balance")
    with pytest.raises(ProviderUnavailable):
        provider.say()
    clock.now += 30
    assert provider.say() == "answers, for tests"


def test_doctor_calls_cards_well(sandbox: StripeSandbox) -> None:
    assert examinations.cards(settings(sandbox.url)).startswith("answers, for tests")


def test_doctor_names_the_variable_when_the_key_is_refused(sandbox: StripeSandbox) -> None:
    with pytest.raises(Unwell) as found:
        examinations.cards(settings(sandbox.url, "sk_test_other"))
    assert "STRIPE_SECRET_KEY" in found.value.advice


def test_doctor_names_the_variable_when_nobody_answers() -> None:
    with pytest.raises(Unwell) as found:
        examinations.cards(nowhere())
    assert "STRIPE_API_BASE" in found.value.advice
