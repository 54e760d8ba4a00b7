"""How sellers are received, as the environment says it."""

import pytest
from pydantic import ValidationError

from souk.settings import SellerSettings


def test_staff_check_sellers_unless_told_otherwise() -> None:
    assert SellerSettings().seller_identity_check == "staff"


@pytest.mark.parametrize("key", [None, "", " "])
def test_stripe_checks_nobody_without_a_key(monkeypatch: pytest.MonkeyPatch, key) -> None:
    monkeypatch.setenv("SELLER_IDENTITY_CHECK", "stripe")
    if key is not None:
        monkeypatch.setenv("STRIPE_SECRET_KEY", key)
    with pytest.raises(ValidationError) as refused:
        SellerSettings()
    assert "STRIPE_SECRET_KEY" in str(refused.value)


def test_stripe_checks_sellers_with_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELLER_IDENTITY_CHECK", "stripe")
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_test_1")
    assert SellerSettings().seller_identity_check == "stripe"
