"""What is allowed of each way to pay, as the environment gives it."""

from typing import get_args

import pytest
from pydantic import ValidationError

from souk.modules.payments.domain import PaymentMethod
from souk.settings import Method, PaymentSettings


def test_allows_everything_unless_told_otherwise() -> None:
    given = PaymentSettings()

    assert (given.payment_methods_off, given.payment_rollout, given.payment_limits) == ((), {}, {})


def test_reads_methods_shares_and_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYMENT_METHODS_OFF", "CRYPTO, DEBIT_CARD")
    monkeypatch.setenv("PAYMENT_ROLLOUT", "BANK_TRANSFER=25")
    monkeypatch.setenv("PAYMENT_LIMITS", "ESCROW=500-250000, STRIPE=50-")

    given = PaymentSettings()

    assert given.payment_methods_off == ("CRYPTO", "DEBIT_CARD")
    assert given.payment_rollout == {"BANK_TRANSFER": 25}
    assert given.payment_limits == {"ESCROW": "500-250000", "STRIPE": "50-"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PAYMENT_METHODS_OFF", "GOLD"),
        ("PAYMENT_ROLLOUT", "CRYPTO=101"),
        ("PAYMENT_ROLLOUT", "CRYPTO"),
        ("PAYMENT_LIMITS", "ESCROW=5"),
        ("PAYMENT_LIMITS", "GOLD=5-6"),
        ("ROUTE_MAX_FEE_BPS", "10001"),
    ],
)
def test_refuses_what_it_cannot_mean(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ValidationError):
        PaymentSettings()


def test_knows_every_method_that_clients_know() -> None:
    assert set(get_args(Method)) == {str(method) for method in PaymentMethod}
