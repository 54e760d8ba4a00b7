"""The keys that pay gas, as the environment gives them."""

import pytest
from pydantic import ValidationError

from souk.settings import KeeperSettings

KEY, OTHER_KEY = "0x" + "11" * 32, "0x" + "22" * 32


def test_refuses_one_key_for_both_purposes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEEPER_PRIVATE_KEY", KEY)
    monkeypatch.setenv("RELAYER_PRIVATE_KEY", KEY)

    with pytest.raises(ValidationError, match="another than KEEPER_PRIVATE_KEY"):
        KeeperSettings()


def test_bounds_what_gas_may_cost_on_each_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    assert KeeperSettings().gas_max_gwei == {}

    monkeypatch.setenv("GAS_MAX_GWEI", "1=300, 8453=5")

    assert KeeperSettings().gas_max_gwei == {1: 300, 8453: 5}


@pytest.mark.parametrize("value", ["300", "1=0", "0=5", "base=5", "1=a lot"])
def test_refuses_a_bound_that_is_none(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("GAS_MAX_GWEI", value)

    with pytest.raises(ValidationError):
        KeeperSettings()


def test_relays_nothing_unless_it_is_given_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEEPER_PRIVATE_KEY", KEY)
    assert KeeperSettings().relayer_private_key is None

    monkeypatch.setenv("RELAYER_PRIVATE_KEY", OTHER_KEY)

    assert KeeperSettings().relayer_private_key is not None
