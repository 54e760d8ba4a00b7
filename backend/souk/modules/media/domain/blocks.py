"""Names of blocks that others have made, and fetch them by.

Files of others are cut as they like, so that beside raw blocks there are those that point to more
(DAG-PB), which the old form of a CID names alone. Only sha2-256 is known
(https://github.com/multiformats/cid).
"""

import binascii

from souk.modules.media.domain.cid import HEAD, Cid, bytes_of, written

_DAG_PB_HEAD = bytes((0x01, 0x70, 0x12, 0x20))
_HASHED, _DIGEST = b"\x12\x20", 32
_BASE_58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_OLD_LENGTH, _NEW_LENGTH = 46, 59


def find_block(text: str) -> Cid | None:
    """The CID of a block, raw or in DAG-PB, in the form that everybody is asked in: version 1, in
    base32. `None` for what names no such block."""
    if text.startswith("Qm") and len(text) == _OLD_LENGTH:
        return block_of(_base_58(text))
    if not text.startswith("b") or len(text) != _NEW_LENGTH:
        return None
    try:
        return block_of(bytes_of(Cid(text)))
    except (binascii.Error, ValueError):
        return None


def block_of(named: bytes) -> Cid | None:
    """The same for a CID as blocks hold it."""
    if len(named) == len(_HASHED) + _DIGEST and named.startswith(_HASHED):
        return written(_DAG_PB_HEAD + named[len(_HASHED) :])
    is_known = len(named) == len(HEAD) + _DIGEST and named.startswith((HEAD, _DAG_PB_HEAD))
    return written(named) if is_known else None


def is_raw(cid: Cid) -> bool:
    """Whether the block is the bytes of a file, and points to nothing."""
    return bytes_of(cid).startswith(HEAD)


def _base_58(text: str) -> bytes:
    number = 0
    for digit in text:
        place = _BASE_58.find(digit)
        if place < 0:
            return b""
        number = number * 58 + place
    return number.to_bytes(len(_HASHED) + _DIGEST + 1, "big").lstrip(b"\0")
