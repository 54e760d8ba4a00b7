"""Content identifiers: the name of bytes, which follows from the bytes alone.

One kind is made and read here, that of a single raw block: version 1, codec raw, sha2-256, written
in lower-case base32 (https://github.com/multiformats/cid). However anybody cuts larger files, a
block has one CID.
"""

import re
from base64 import b32decode, b32encode
from hashlib import sha256
from typing import NewType

from souk.modules.media.errors import MalformedCid

Cid = NewType("Cid", str)
"""`b` and 58 digits of base32."""

MAX_BLOCK_BYTES = 1_048_576
"""What every IPFS node passes on in one piece."""

_HEAD = b"\x01\x55\x12\x20"
"""Version 1, raw, sha2-256, 32 bytes of it."""
_SHAPE = re.compile(r"b[a-z2-7]{58}")
_PADDING = "=" * 6


def compute_cid(content: bytes) -> Cid:
    """The CID of bytes as one raw block. Raises `ValueError` when they are too many for one."""
    if len(content) > MAX_BLOCK_BYTES:
        raise ValueError(f"{len(content)} bytes are more than one block")
    return _written(_HEAD + sha256(content).digest())


def parse_cid(text: str) -> Cid:
    """What a client or a provider named. Raises `MalformedCid` for whatever `compute_cid` would
    not have written, so that no content has two names."""
    if _SHAPE.fullmatch(text) is None:
        raise MalformedCid("a CID is b followed by 58 letters and digits here, as in bafkrei...")
    binary = b32decode(text[1:].upper() + _PADDING)
    if not binary.startswith(_HEAD):
        raise MalformedCid("the CID is not of one raw block under sha2-256")
    if _written(binary) != text:
        raise MalformedCid("the last digit of the CID has bits that stand for nothing")
    return Cid(text)


def is_named(content: bytes, cid: Cid) -> bool:
    """Whether these are the bytes that the CID stands for."""
    return len(content) <= MAX_BLOCK_BYTES and compute_cid(content) == cid


def _written(binary: bytes) -> Cid:
    return Cid("b" + b32encode(binary).decode().rstrip("=").lower())
