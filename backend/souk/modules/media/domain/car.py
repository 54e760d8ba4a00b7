"""Blocks in one file: CARv1 (https://ipld.io/specs/transport/car/carv1/).

A head that names the roots, in DAG-CBOR, and then block after block, each behind its length and its
CID. Of DAG-CBOR there is nothing here but that one map.
"""

from collections.abc import Sequence

from souk.modules.media.domain.cid import Cid, bytes_of

_TEXT = 0x60
_ARRAY = 0x80
_MAP_OF_TWO = b"\xa2"
_ONE = b"\x01"
# Tag 42, and a string of 37 bytes: a zero, and the CID.
_LINK = b"\xd8\x2a\x58\x25\x00"


def car_head(roots: Sequence[Cid]) -> bytes:
    """How a file begins from which these can be found. The standard wants one at least."""
    links = b"".join(_LINK + bytes_of(cid) for cid in roots)
    head = _text("roots") + _counted(_ARRAY, len(roots)) + links + _text("version") + _ONE
    return _varint(len(_MAP_OF_TWO + head)) + _MAP_OF_TWO + head


def car_section(cid: Cid, block: bytes) -> bytes:
    """One block, as it follows the head or another one."""
    named = bytes_of(cid) + block
    return _varint(len(named)) + named


def _text(value: str) -> bytes:
    return _counted(_TEXT, len(value)) + value.encode()


def _counted(kind: int, count: int) -> bytes:
    """The shortest that the count fits in, which DAG-CBOR insists on."""
    if count < 24:
        return bytes((kind | count,))
    width = next(width for width in (1, 2, 4) if count < 1 << 8 * width)
    return bytes((kind | 23 + width.bit_length(),)) + count.to_bytes(width)


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; all bytes but the last have the eighth."""
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*written, number))
