"""Who checks sellers, as the environment says it."""

import pytest

from souk.adapters.staff.identity import StaffIdentityCheck
from souk.bootstrap.cards import identity_check
from souk.settings import Settings
from tests.support.card_server import CardServer


@pytest.fixture
def environment(card_server: CardServer, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """That of an installation which takes cards."""
    for name, value in {
        "DATABASE_URL": "postgresql://nowhere",
        "REDIS_URL": "redis://nowhere",
        "SECRET_KEY": "x" * 32,
        "STRIPE_SECRET_KEY": card_server.secret_key,
        "STRIPE_API_BASE": card_server.url,
        "STRIPE_WEBHOOK_SECRETS": "whsec_a",
    }.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_staff_check_unless_told_otherwise(environment) -> None:
    assert isinstance(identity_check(Settings.from_environment()), StaffIdentityCheck)


def test_stripe_checks_when_it_is_chosen(environment) -> None:
    environment.setenv("SELLER_IDENTITY_CHECK", "stripe")
    begun = identity_check(Settings.from_environment()).begin("sel_1", key="of the choice")
    assert begun.reference.startswith("vs_")
