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


def test_relays_nothing_unless_it_is_given_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEEPER_PRIVATE_KEY", KEY)
    assert KeeperSettings().relayer_private_key is None

    monkeypatch.setenv("RELAYER_PRIVATE_KEY", OTHER_KEY)

    assert KeeperSettings().relayer_private_key is not None
