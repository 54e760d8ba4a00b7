"""Secrets are kept so that the database alone does not give them away."""

import pytest

from souk.adapters.crypto.secret_box import XChaChaSecretBox
from souk.modules.webhooks.errors import SecretLost
from souk.modules.webhooks.ports import SecretBox

KEY, SECRET = b"k" * 32, b"a secret of the merchant"


@pytest.fixture
def box() -> SecretBox:
    return XChaChaSecretBox(KEY)


def test_secret_comes_back(box: SecretBox) -> None:
    assert XChaChaSecretBox(KEY).open("whe_1", box.seal("whe_1", SECRET)) == SECRET


def test_sealed_secret_tells_nothing(box: SecretBox) -> None:
    first, second = box.seal("whe_1", SECRET), box.seal("whe_1", SECRET)
    assert first != second
    assert SECRET not in first


def test_secret_is_lost_when_the_key_is_another(box: SecretBox) -> None:
    with pytest.raises(SecretLost):
        XChaChaSecretBox(b"o" * 32).open("whe_1", box.seal("whe_1", SECRET))


def test_secret_is_lost_when_it_is_anothers(box: SecretBox) -> None:
    with pytest.raises(SecretLost):
        box.open("whe_2", box.seal("whe_1", SECRET))


def test_secret_is_lost_when_any_byte_was_changed(box: SecretBox) -> None:
    sealed = box.seal("whe_1", SECRET)
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(SecretLost):
            box.open("whe_1", bytes(changed))


@pytest.mark.parametrize("length", range(42))
def test_secret_is_lost_when_it_was_cut(box: SecretBox, length: int) -> None:
    with pytest.raises(SecretLost):
        box.open("whe_1", box.seal("whe_1", SECRET)[:length])


def test_key_has_to_be_whole() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        XChaChaSecretBox(b"short")


@pytest.mark.pitfall("K4")
def test_secret_comes_back_while_the_key_before_is_known(box: SecretBox) -> None:
    sealed = box.seal("whe_1", SECRET)
    assert XChaChaSecretBox(b"n" * 32, KEY).open("whe_1", sealed) == SECRET
    with pytest.raises(SecretLost):
        XChaChaSecretBox(KEY).open("whe_1", XChaChaSecretBox(b"n" * 32, KEY).seal("whe_1", SECRET))
