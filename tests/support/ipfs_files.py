"""Files cut into blocks as IPFS has them, written by hand and not by the code that reads them."""

from collections.abc import Mapping
from hashlib import sha256

from souk.adapters.avatars.cids import DAG_PB, RAW, Cid


def _length(value: bytes) -> bytes:
    size, written = len(value), b""
    while size > 0x7F:
        written += bytes([size & 0x7F | 0x80])
        size >>= 7
    return written + bytes([size]) + value


def _link(cid: Cid, name: str) -> bytes:
    hashed = bytes([1, cid.codec, 0x12, 0x20]) + cid.digest
    return b"\x0a" + _length(hashed) + b"\x12" + _length(name.encode()) + b"\x18\x05"


class Blocks:
    """A store of blocks, by the names that gateways are asked for."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def _keep(self, codec: int, block: bytes) -> Cid:
        cid = Cid(codec, sha256(block).digest())
        self.kept[cid.text] = block
        return cid

    def raw(self, content: bytes) -> Cid:
        """A file of one block that is nothing else."""
        return self._keep(RAW, content)

    def file(self, content: bytes, *pieces: Cid, kind: int = 2) -> Cid:
        """A file of UnixFS that begins with some bytes and goes on in other blocks."""
        links = b"".join(b"\x12" + _length(_link(piece, "")) for piece in pieces)
        inside = bytes([0x08, kind]) + (b"\x12" + _length(content) if content else b"")
        return self._keep(DAG_PB, links + b"\x0a" + _length(inside))

    def folder(self, entries: Mapping[str, Cid], *, kind: int = 1) -> Cid:
        """A folder of UnixFS."""
        links = b"".join(b"\x12" + _length(_link(cid, name)) for name, cid in entries.items())
        return self._keep(DAG_PB, links + b"\x0a" + _length(bytes([0x08, kind])))
