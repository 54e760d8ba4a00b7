"""RLP as strangers hand it in (Ethereum Yellow Paper, appendix B)."""

import rlp
from rlp.codec import consume_length_prefix
from rlp.exceptions import RLPException

Item = bytes | list["Item"]


class Malformed(ValueError):
    """Bytes that have not the form that they must have. The text says what is wrong, and holds
    nothing of them."""


def read_item(data: bytes, *, depth: int) -> Item:
    """The one item that `data` is, with lists in lists at most `depth` deep. Raises `Malformed`."""
    try:
        # The library copies what is inside once for each list around it.
        _require_shallow(data, 0, len(data), depth)
        item: Item = rlp.decode(data)
    except (RLPException, IndexError) as error:
        raise Malformed("it is no RLP") from error
    return item


def read_list(item: Item, what: str) -> list[Item]:
    """A list. Raises `Malformed`."""
    if isinstance(item, bytes):
        raise Malformed(f"{what} is no list")
    return item


def read_text(item: Item, what: str, *, size: int | None = None) -> bytes:
    """A string of bytes, of this size where one is given. Raises `Malformed`."""
    if not isinstance(item, bytes) or size not in (None, len(item)):
        raise Malformed(f"{what} is no string of bytes of its size")
    return item


def read_number(item: Item, what: str) -> int:
    """A whole number below 2^256 without leading zeros. Raises `Malformed`."""
    text = read_text(item, what)
    if len(text) > 32 or text[:1] == b"\0":
        raise Malformed(f"{what} is no number")
    return int.from_bytes(text, "big")


def number_item(value: int) -> bytes:
    """A whole number as an item."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def _require_shallow(data: bytes, start: int, end: int, depth: int) -> None:
    while start < end:
        _, kind, length, start = consume_length_prefix(data, start)
        if kind is list:
            if depth == 0:
                raise Malformed("it has lists in lists where none belong")
            _require_shallow(data, start, min(start + length, end), depth - 1)
        start += length
