"""XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) by other code than ours: the first rounds written
out here, the rest by OpenSSL. For whoever was handed a CID and a key, and has nothing else."""

import struct

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

_CONSTANTS = b"expand 32-byte k"
_COLUMNS = ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15))
_DIAGONALS = ((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))


def opened(block: bytes, key: str) -> bytes:
    """What is in a block under a key as the API hands it out."""
    assert block[:1] == b"\x01"
    nonce, tag, sealed = block[1:25], block[25:41], block[41:]
    return decrypted(bytes.fromhex(key.removeprefix("0x")), nonce, sealed + tag, b"\x01document")


def decrypted(key: bytes, nonce: bytes, sealed: bytes, beside: bytes) -> bytes:
    """Raises `InvalidTag`."""
    inner = ChaCha20Poly1305(hchacha20(key, nonce[:16]))
    return inner.decrypt(bytes(4) + nonce[16:], sealed, beside)


def hchacha20(key: bytes, nonce: bytes) -> bytes:
    state = list(struct.unpack("<16I", _CONSTANTS + key + nonce))
    for _ in range(10):
        for quarter in (*_COLUMNS, *_DIAGONALS):
            _mix(state, *quarter)
    return struct.pack("<8I", *state[:4], *state[12:])


def _mix(state: list[int], a: int, b: int, c: int, d: int) -> None:
    for one, other, third, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        state[one] = (state[one] + state[other]) & 0xFFFFFFFF
        mixed = state[third] ^ state[one]
        state[third] = (mixed << bits | mixed >> (32 - bits)) & 0xFFFFFFFF
