"""What runs here and what is given."""

from pathlib import Path

import pytest

from souk.embedded import foundations
from souk.settings.cards import card_settings
from tests.support.stack import CONTRACTS

GIVEN = {
    "DATABASE_URL": "postgresql://db.internal/souk",
    "REDIS_URL": "redis://cache.internal",
    "CHAIN_8453_RPC_URLS": "https://node.internal",
    "STRIPE_SECRET_KEY": "sk_test_given",
}


def lay(state: Path, *given: str) -> foundations.Foundations:
    environment = {name: GIVEN[name] for name in given}
    return lay_with(state, environment)


def lay_with(state: Path, environment: dict[str, str]) -> foundations.Foundations:
    return foundations.lay(
        state,
        CONTRACTS,
        environment,
        chain_port=0,
        card_port=0,
        public_url="http://127.0.0.1:8123",
        redeploy=lambda: None,
    )


def test_runs_nothing_when_everything_is_given(tmp_path: Path) -> None:
    assert lay(tmp_path, *GIVEN).parts == ()


def test_hands_given_addresses_on_unchanged(tmp_path: Path) -> None:
    assert lay(tmp_path, *GIVEN).environment.items() >= GIVEN.items()


def test_runs_the_rest_when_one_service_is_given(tmp_path: Path) -> None:
    assert lay(tmp_path, "CHAIN_8453_RPC_URLS", "DATABASE_URL").names == {"redis", "stripe-sandbox"}


def test_follows_the_given_chains_and_no_other(tmp_path: Path) -> None:
    assert lay(tmp_path, *GIVEN).chains == (8453,)


def test_runs_a_chain_of_its_own_when_none_is_given(tmp_path: Path) -> None:
    assert lay(tmp_path, "DATABASE_URL", "REDIS_URL").chains == (31337,)


def test_takes_an_empty_variable_for_none_given() -> None:
    assert foundations.chain_ids({"CHAIN_1_RPC_URLS": " ", "CHAIN_2_RPC_URLS": "x"}) == (2,)


@pytest.mark.parametrize("given", GIVEN)
def test_is_disposable_only_when_database_and_chain_are_its_own(tmp_path: Path, given: str) -> None:
    assert lay(tmp_path, given).disposable is (given in ("REDIS_URL", "STRIPE_SECRET_KEY"))


def test_keeps_its_secret_key_when_laid_again(tmp_path: Path) -> None:
    first, again = lay(tmp_path, *GIVEN), lay(tmp_path, *GIVEN)
    assert first.environment["SECRET_KEY"] == again.environment["SECRET_KEY"]


def test_signs_with_the_given_secret_key_when_there_is_one(tmp_path: Path) -> None:
    laid = lay_with(tmp_path, {**GIVEN, "SECRET_KEY": "mine"})
    assert laid.environment["SECRET_KEY"] == "mine"


def told(laid: foundations.Foundations) -> dict[str, str]:
    """What the sandbox is told."""
    (sandbox,) = (part for part in laid.parts if part.name == "stripe-sandbox")
    return {
        name.removeprefix("STRIPE_SANDBOX_"): value for name, value in sandbox.environment.items()
    }


def test_sandbox_and_processes_know_the_same_secrets(tmp_path: Path) -> None:
    laid = lay(tmp_path)
    sandbox, environment = told(laid), laid.environment
    assert sandbox["SECRET_KEY"] == environment["STRIPE_SECRET_KEY"]
    assert sandbox["PUBLISHABLE_KEY"] == environment["STRIPE_PUBLISHABLE_KEY"]
    assert sandbox["WEBHOOK_SECRET"] == environment["STRIPE_WEBHOOK_SECRETS"]
    assert environment["STRIPE_API_BASE"] == f"http://127.0.0.1:{sandbox['PORT']}"


def test_sandbox_keeps_its_webhook_secret_when_laid_again(tmp_path: Path) -> None:
    assert told(lay(tmp_path))["WEBHOOK_SECRET"] == told(lay(tmp_path))["WEBHOOK_SECRET"]


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({}, "http://127.0.0.1:8123/api/webhooks/stripe"),
        ({"PUBLIC_URL": "https://shop.example"}, "https://shop.example/api/webhooks/stripe"),
    ],
)
def test_sandbox_tells_the_api(tmp_path: Path, given: dict[str, str], url: str) -> None:
    assert told(lay_with(tmp_path, given))["WEBHOOK_URL"] == url


def test_sandbox_has_its_own_secrets_when_some_are_given_without_a_key(tmp_path: Path) -> None:
    laid = lay_with(tmp_path, {"STRIPE_SECRET_KEY": " ", "STRIPE_WEBHOOK_SECRETS": "whsec_given"})
    assert laid.environment["STRIPE_WEBHOOK_SECRETS"] == told(laid)["WEBHOOK_SECRET"]
    assert laid.environment["STRIPE_SECRET_KEY"] == told(laid)["SECRET_KEY"]


def test_settings_of_the_sandbox_are_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in lay(tmp_path).environment.items():
        monkeypatch.setenv(name, value)
    assert card_settings() is not None
