"""Names of content (CID) and the blocks that files are cut into, as far as pictures need them.

Sources: the CID and multihash specifications, DAG-PB and UnixFS. Only SHA-256 is known here.
"""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

RAW, DAG_PB = 0x55, 0x70
_SHA_256 = b"\x12\x20"
_DIGEST = 32
_BASE_58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_OLD_LENGTH = 46
_VARINT_BITS = 63
_FILE, _FILE_PIECE, _FOLDER = 2, 0, 1


@dataclass(frozen=True, slots=True)
class Cid:
    """How a block is called: what it is written in, and its SHA-256."""

    codec: int
    digest: bytes

    @property
    def text(self) -> str:
        """As gateways take it, version 1 in base 32."""
        named = bytes([1, self.codec]) + _SHA_256 + self.digest
        return "b" + base64.b32encode(named).decode().lower().rstrip("=")

    def names(self, block: bytes) -> bool:
        """Whether this is the block."""
        return sha256(block).digest() == self.digest


@dataclass(frozen=True, slots=True)
class Node:
    """A block that points to others: a folder's entries by name, or a file's pieces in order, with
    what of the file is in the block itself."""

    is_folder: bool
    content: bytes
    links: tuple[tuple[str, Cid], ...]


def parse_cid(text: str) -> Cid | None:
    """A CID of version 0, or of version 1 in base 32; `None` for all others."""
    if text.startswith("Qm") and len(text) == _OLD_LENGTH:
        return _of_bytes(_base_58(text))
    if not text.startswith("b"):
        return None
    digits = text[1:].upper()
    try:
        return _of_bytes(base64.b32decode(digits + "=" * (-len(digits) % 8)))
    except (binascii.Error, ValueError):
        return None


def parse_node(block: bytes) -> Node | None:
    """A block in DAG-PB that is a file or a plain folder of UnixFS; `None` for what is not."""
    try:
        fields = list(_fields(block))
        kind, content = _unixfs(b"".join(_bytes(value) for number, value in fields if number == 1))
        links = tuple(_link(_bytes(value)) for number, value in fields if number == 2)
    except (ValueError, IndexError):
        return None
    if kind not in (_FILE, _FILE_PIECE, _FOLDER):
        return None
    return Node(kind == _FOLDER, content, links)


def _of_bytes(named: bytes) -> Cid | None:
    if len(named) == 2 + _DIGEST and named.startswith(_SHA_256):
        return Cid(DAG_PB, named[2:])
    is_known = len(named) == 4 + _DIGEST and named[0] == 1 and named[2:4] == _SHA_256
    return Cid(named[1], named[4:]) if is_known and named[1] in (RAW, DAG_PB) else None


def _base_58(text: str) -> bytes:
    number = 0
    for digit in text:
        place = _BASE_58.find(digit)
        if place < 0:
            return b""
        number = number * 58 + place
    return number.to_bytes(2 + _DIGEST + 1, "big").lstrip(b"\0")


def _link(block: bytes) -> tuple[str, Cid]:
    fields = dict(_fields(block))
    cid = _of_bytes(_bytes(fields.get(1, b"")))
    if cid is None:
        raise ValueError("a link to nothing that is known here")
    return _bytes(fields.get(2, b"")).decode(), cid


def _unixfs(block: bytes) -> tuple[int, bytes]:
    fields = dict(_fields(block))
    kind = fields.get(1)
    return (kind if isinstance(kind, int) else -1), _bytes(fields.get(2, b""))


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ValueError("a number where bytes belong")  # noqa: TRY004 - of what was read
    return value


def _fields(block: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message of Protocol Buffers that are numbers or bytes."""
    at = 0
    while at < len(block):
        key, at = _varint(block, at)
        value, at = _varint(block, at)
        if key & 7 == 0:
            yield key >> 3, value
        elif key & 7 == 2 and at + value <= len(block):
            yield key >> 3, block[at : at + value]
            at += value
        else:
            raise ValueError("this is no such message")


def _varint(block: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = block[at]
        value, at, shift = value | (byte & 0x7F) << shift, at + 1, shift + 7
        if byte < 0x80:
            return value, at
        if shift > _VARINT_BITS:
            raise ValueError("a number without end")
