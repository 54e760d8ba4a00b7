"""The secret of an installation, and those that it had before."""

import pytest
from pydantic import ValidationError

from souk.settings import SecuritySettings

NOW, BEFORE, OLDEST = "n" * 32, "b" * 32, "o" * 32


@pytest.fixture
def environment(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", NOW)
    return monkeypatch


@pytest.mark.parametrize("written", ["", " , "])
def test_there_was_no_secret_before_unless_it_is_said(environment, written):
    environment.setenv("SECRET_KEYS_BEFORE", written)
    assert SecuritySettings().secret_keys_before == ()


@pytest.mark.pitfall("K4")
def test_secrets_before_are_listed(environment):
    environment.setenv("SECRET_KEYS_BEFORE", f"{BEFORE}, {OLDEST}")
    found = SecuritySettings().secret_keys_before
    assert [one.get_secret_value() for one in found] == [BEFORE, OLDEST]


def test_secret_before_is_refused_when_it_never_was_one(environment):
    environment.setenv("SECRET_KEYS_BEFORE", f"{BEFORE},c4n4ry")
    with pytest.raises(ValidationError, match="SECRET_KEYS_BEFORE") as refusal:
        SecuritySettings()
    assert "c4n4ry" not in str(refusal.value)
