"""Secrets that are to be used again, kept so that the database alone does not give them away.

XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03): authenticated, and with a nonce so long that
random ones never meet.
"""

from contextlib import suppress

from Crypto.Cipher import ChaCha20_Poly1305
from Crypto.Random import get_random_bytes

from souk.modules.webhooks.errors import SecretLost

_FORMAT = b"\x01"
_KEY_BYTES = 32
_NONCE_BYTES = 24
_TAG_BYTES = 16
_HEAD_BYTES = len(_FORMAT) + _NONCE_BYTES + _TAG_BYTES


class XChaChaSecretBox:
    """The `SecretBox` under one key, which opens as well what keys before it have closed."""

    def __init__(self, key: bytes, *before: bytes) -> None:
        self._keys = (key, *before)
        if any(len(one) != _KEY_BYTES for one in self._keys):
            raise ValueError(f"the key needs {_KEY_BYTES} bytes")

    def seal(self, owner: str, secret: bytes) -> bytes:
        """The secret, to be opened for the same owner alone."""
        nonce = get_random_bytes(_NONCE_BYTES)
        sealed, tag = _cipher(self._keys[0], nonce, owner).encrypt_and_digest(secret)
        return _FORMAT + nonce + tag + sealed

    def open(self, owner: str, sealed: bytes) -> bytes:
        """The secret again. Raises `SecretLost`."""
        head, body = sealed[:_HEAD_BYTES], sealed[_HEAD_BYTES:]
        if len(head) < _HEAD_BYTES or head[:1] != _FORMAT:
            raise _lost()
        nonce, tag = head[1 : 1 + _NONCE_BYTES], head[1 + _NONCE_BYTES :]
        for key in self._keys:
            with suppress(ValueError):
                return _cipher(key, nonce, owner).decrypt_and_verify(body, tag)
        raise _lost()


def _cipher(key: bytes, nonce: bytes, owner: str) -> ChaCha20_Poly1305.ChaCha20Poly1305Cipher:
    cipher = ChaCha20_Poly1305.new(key=key, nonce=nonce)
    cipher.update(_FORMAT + owner.encode())
    return cipher


def _lost() -> SecretLost:
    return SecretLost("the signing secret cannot be read here; rotate it")
