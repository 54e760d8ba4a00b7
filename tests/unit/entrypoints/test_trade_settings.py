"""The terms of the platform, as the environment gives them."""

import pytest
from pydantic import ValidationError

from souk.core.addresses import ZERO_ADDRESS
from souk.settings import TradeSettings

ARBITER = "0x14dC79964da2C08b23698B3D3cc7Ca32193d9955"


@pytest.mark.parametrize("fee_to", [ARBITER, ARBITER.lower()])
def test_refuses_an_arbiter_that_would_earn_the_fee(
    monkeypatch: pytest.MonkeyPatch, fee_to: str
) -> None:
    monkeypatch.setenv("ARBITER_ADDRESS", ARBITER)
    monkeypatch.setenv("FEE_TO_ADDRESS", fee_to)

    with pytest.raises(ValidationError, match="name another address here than in ARBITER_ADDRESS"):
        TradeSettings()


def test_takes_neither_arbiter_nor_receiver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARBITER_ADDRESS", ZERO_ADDRESS)
    monkeypatch.setenv("FEE_TO_ADDRESS", ZERO_ADDRESS)

    assert TradeSettings().fee_to_address == ZERO_ADDRESS
