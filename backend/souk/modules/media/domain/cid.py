"""Content identifiers: the name of bytes, which follows from the bytes alone.

Only one kind is made here, that of a single raw block: version 1, codec raw, sha2-256, written in
base32 (https://github.com/multiformats/cid). A variant is never larger than such a block, so that
its CID does not depend on how anybody cuts it.
"""

import re
from base64 import b32decode, b32encode
from hashlib import sha256
from typing import NewType

from souk.modules.media.errors import MalformedCid

Cid = NewType("Cid", str)
"""`b` and 58 digits of lower-case base32."""

MAX_BLOCK_BYTES = 1_048_576
"""What every IPFS node passes on as one block."""

HEAD = bytes((0x01, 0x55, 0x12, 0x20))
"""Version 1, raw, sha2-256, 32 bytes of it."""
_SHAPE = re.compile(r"b[a-z2-7]{58}")
_PADDING = "=" * 6


def compute_cid(content: bytes) -> Cid:
    """The CID of bytes as one raw block. Raises `ValueError` when they are too many for one."""
    if len(content) > MAX_BLOCK_BYTES:
        raise ValueError(f"{len(content)} bytes are more than one block")
    return written(HEAD + sha256(content).digest())


def parse_cid(text: str) -> Cid:
    """Read what a client sent. Raises `MalformedCid` for anything but the one form in which
    `compute_cid` writes, so that the same content never has two names."""
    if _SHAPE.fullmatch(text) is None:
        raise MalformedCid("a CID here is b followed by 58 letters and digits, as in bafkrei...")
    raw = bytes_of(Cid(text))
    if not raw.startswith(HEAD):
        raise MalformedCid("this CID is not of one raw block under sha2-256")
    if written(raw) != text:
        raise MalformedCid("this CID has bits that stand for nothing; copy it again")
    return Cid(text)


def is_named(content: bytes, cid: Cid) -> bool:
    """Whether these are the bytes that the CID stands for, whatever it says of what is in them."""
    return len(content) <= MAX_BLOCK_BYTES and bytes_of(cid).endswith(sha256(content).digest())


def bytes_of(cid: Cid) -> bytes:
    """The CID as it stands in binary formats."""
    return b32decode(cid[1:].upper() + _PADDING)


def written(raw: bytes) -> Cid:
    """A CID as text."""
    return Cid("b" + b32encode(raw).decode().rstrip("=").lower())
