"""Secrets that are to be used again, kept so that the database alone does not give them away.

XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03): authenticated, and with a nonce so long that
random ones never meet.
"""

from Crypto.Cipher import ChaCha20_Poly1305
from Crypto.Random import get_random_bytes

from souk.modules.webhooks.errors import SecretLost

_FORMAT = b"\x01"
_KEY_BYTES = 32
_NONCE_BYTES = 24
_TAG_BYTES = 16
_HEAD_BYTES = len(_FORMAT) + _NONCE_BYTES + _TAG_BYTES


class XChaChaSecretBox:
    """The `SecretBox` under one key."""

    def __init__(self, key: bytes) -> None:
        if len(key) != _KEY_BYTES:
            raise ValueError(f"the key needs {_KEY_BYTES} bytes")
        self._key = key

    def seal(self, owner: str, secret: bytes) -> bytes:
        """The secret, to be opened for the same owner alone."""
        nonce = get_random_bytes(_NONCE_BYTES)
        sealed, tag = self._cipher(nonce, owner).encrypt_and_digest(secret)
        return _FORMAT + nonce + tag + sealed

    def open(self, owner: str, sealed: bytes) -> bytes:
        """The secret again. Raises `SecretLost`."""
        head, body = sealed[:_HEAD_BYTES], sealed[_HEAD_BYTES:]
        if len(head) < _HEAD_BYTES or head[:1] != _FORMAT:
            raise _lost()
        nonce, tag = head[1 : 1 + _NONCE_BYTES], head[1 + _NONCE_BYTES :]
        try:
            return self._cipher(nonce, owner).decrypt_and_verify(body, tag)
        except ValueError:
            raise _lost() from None

    def _cipher(self, nonce: bytes, owner: str) -> ChaCha20_Poly1305.ChaCha20Poly1305Cipher:
        cipher = ChaCha20_Poly1305.new(key=self._key, nonce=nonce)
        cipher.update(_FORMAT + owner.encode())
        return cipher


def _lost() -> SecretLost:
    return SecretLost("the signing secret cannot be read here; rotate it")
