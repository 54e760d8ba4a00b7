"""Files cut into blocks as IPFS has them, written by hand and not by the code that reads them."""

import threading
from base64 import b32decode, b32encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from socket import socket

from souk.adapters.exchange.server import Server
from souk.adapters.ipfs.gateways import GatewayBlockSource
from souk.modules.media.domain import Cid
from tests.support.clock import MovableClock
from tests.support.sockets import door, read_request
from tests.support.strangers import page

RAW, DAG_PB = 0x55, 0x70


def _length(value: bytes) -> bytes:
    size, written = len(value), b""
    while size > 0x7F:
        written += bytes([size & 0x7F | 0x80])
        size >>= 7
    return written + bytes([size]) + value


def _link(cid: Cid, name: str) -> bytes:
    hashed = b32decode(cid[1:].upper() + "======")
    return b"\x0a" + _length(hashed) + b"\x12" + _length(name.encode()) + b"\x18\x05"


class Blocks:
    """A store of blocks, by the names that gateways are asked for."""

    def __init__(self) -> None:
        self.kept: dict[Cid, bytes] = {}

    def _keep(self, codec: int, block: bytes) -> Cid:
        named = bytes([1, codec, 0x12, 0x20]) + sha256(block).digest()
        cid = Cid("b" + b32encode(named).decode().rstrip("=").lower())
        self.kept[cid] = block
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


@dataclass
class Gateway:
    """Gives every block that there is; `paths` are what was asked for."""

    blocks: Blocks
    port: int = 0
    paths: list[str] = field(default_factory=list)

    def source(self, *, seconds: float = 5) -> GatewayBlockSource:
        """As the code asks it."""
        asked = Server(f"http://127.0.0.1:{self.port}", "the gateway", seconds)
        return GatewayBlockSource([asked], MovableClock())

    def serve(self, connection: socket, _over: threading.Event) -> None:
        path = read_request(connection).split(b" ")[1].decode()
        self.paths.append(path)
        named = Cid(path.removeprefix("/ipfs/").removesuffix("?format=raw"))
        found = self.blocks.kept.get(named)
        connection.sendall(page(b"", "404 None") if found is None else page(found))


@contextmanager
def gateway_to(blocks: Blocks) -> Iterator[Gateway]:
    """Serves them until the block ends."""
    gateway = Gateway(blocks)
    with door(gateway.serve) as opened:
        gateway.port = opened.port
        yield gateway
