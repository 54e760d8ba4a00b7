"""The card rail, as the environment gives it."""

import pytest
from pydantic import ValidationError

from souk.settings import is_variable
from souk.settings.cards import CardSettings, card_settings


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch):
    """Sets STRIPE_ variables; those of the machine are gone."""
    for name in CardSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)

    def given(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"STRIPE_{name.upper()}", value)

    return given


@pytest.mark.parametrize("key", [None, "", " "])
def test_card_rail_is_off_when_no_key_is_set(environment, key: str | None) -> None:
    environment(webhook_secrets="whsec_a", **({} if key is None else {"secret_key": key}))
    assert card_settings() is None


def test_key_and_secrets_are_read(environment) -> None:
    environment(secret_key="sk_test_a", webhook_secrets="whsec_a, whsec_b")
    cards = card_settings()
    assert [each.get_secret_value() for each in cards.stripe_webhook_secrets] == [
        "whsec_a",
        "whsec_b",
    ]
    assert cards.stripe_requests_per_second == 80


@pytest.mark.pitfall("P12")
@pytest.mark.parametrize("secrets", [",", " ", "whsec_a,", "whsec_a, ,whsec_b", " ,whsec_a"])
def test_empty_webhook_secret_is_refused(environment, secrets: str) -> None:
    environment(secret_key="sk_test_a", webhook_secrets=secrets)
    with pytest.raises(ValidationError, match="none of them empty"):
        card_settings()


@pytest.mark.pitfall("P12")
@pytest.mark.parametrize("secrets", [None, ""])
def test_key_is_refused_when_there_is_no_webhook_secret(environment, secrets: str | None) -> None:
    environment(secret_key="sk_test_a", **({} if secrets is None else {"webhook_secrets": secrets}))
    with pytest.raises(ValidationError, match="set STRIPE_WEBHOOK_SECRETS to the signing secret"):
        card_settings()


def test_third_webhook_secret_is_refused(environment) -> None:
    environment(secret_key="sk_test_a", webhook_secrets="whsec_a,whsec_b,whsec_c")
    with pytest.raises(ValidationError, match="one or two secrets"):
        card_settings()


@pytest.mark.parametrize("key", ["sk_live_a", "rk_live_a", "anything"])
def test_live_key_goes_to_stripe_alone(environment, key: str) -> None:
    environment(secret_key=key, webhook_secrets="whsec_a", api_base="http://127.0.0.1:12111")
    with pytest.raises(ValidationError, match="unset STRIPE_API_BASE"):
        card_settings()


def test_live_key_is_taken_when_it_goes_to_stripe(environment) -> None:
    environment(secret_key="sk_live_a", webhook_secrets="whsec_a", api_base="")
    assert card_settings() is not None


def test_secrets_are_not_shown(environment) -> None:
    environment(secret_key="sk_test_canary", webhook_secrets="whsec_canary")
    assert "canary" not in repr(card_settings())


def test_secrets_are_not_told_when_they_are_refused(environment) -> None:
    environment(secret_key="sk_test_canary", webhook_secrets="whsec_canary,")
    with pytest.raises(ValidationError) as refusal:
        card_settings()
    assert "canary" not in str(refusal.value)


def test_variables_are_settings_though_the_rail_may_be_off() -> None:
    assert is_variable("STRIPE_SECRET_KEY")
