"""The blocks that files of UnixFS are cut into (DAG-PB), as far as pictures need them."""

from collections.abc import Iterator
from dataclasses import dataclass

from souk.modules.media.domain import Cid, block_of

_VARINT_BITS = 63
_FILE, _FILE_PIECE, _FOLDER = 2, 0, 1


@dataclass(frozen=True, slots=True)
class Node:
    """A block that points to others: a folder's entries by name, or a file's pieces in order, with
    what of the file is in the block itself."""

    is_folder: bool
    content: bytes
    links: tuple[tuple[str, Cid], ...]


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


def _link(block: bytes) -> tuple[str, Cid]:
    fields = dict(_fields(block))
    cid = block_of(_bytes(fields.get(1, b"")))
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
