"""ClamAV's daemon, by its `INSTREAM` (https://docs.clamav.net/manual/Usage/ClamdProtocol.html).

It is spoken to in the clear and knows nobody, so that it belongs on this machine or in a network of
ours. Content goes to it in pieces, each behind its length; it may answer before the last of them.
"""

import re
import socket
import struct
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import SEEK_END, BytesIO
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from souk.core.errors import ProviderRejected, ProviderUnavailable
from souk.core.transaction_guard import refuse_open_transaction
from souk.modules.media.domain import Verdict

_PORT = 3310
_COMMAND = b"zINSTREAM\0"
_PIECE_BYTES = 64 * 1024
_END = struct.pack("!L", 0)
_ANSWER_BYTES = 4096
_PING, _PONG = b"zPING\0", b"PONG"
_CLEAN = b"stream: OK"
_FOUND = re.compile(rb"stream: (?P<name>[^\0]{1,200}) FOUND")
_TOO_LARGE = b"INSTREAM size limit exceeded. ERROR"
# What the scanner gave up on: it has looked at a part of the content alone.
_NOT_ALL = "Heuristics.Limits.Exceeded"


@dataclass(frozen=True, slots=True)
class ClamdAddress:
    """Where it listens: a path of this machine, or a host and a port."""

    path: str = ""
    host: str = ""
    port: int = _PORT

    @classmethod
    def parse(cls, url: str) -> "ClamdAddress":
        """Read `tcp://host:3310` or `unix:///run/clamav/clamd.ctl`. Raises `ValueError`."""
        parts = urlsplit(url)
        if parts.scheme == "unix" and parts.path.strip("/") and not parts.netloc:
            return cls(path=unquote(parts.path))
        if parts.scheme == "tcp" and parts.hostname and not parts.path.strip("/"):
            return cls(host=parts.hostname, port=parts.port or _PORT)
        raise ValueError("CLAMAV_URL must be tcp://host:port or unix:///path/of/a/socket")


class ClamdScanner:
    """The `MalwareScanner` that asks it. Safe to share between threads: each content has a
    connection of its own."""

    def __init__(self, address: ClamdAddress, *, max_bytes: int, seconds: float = 30.0) -> None:
        self._address = address
        self._max_bytes = max_bytes
        self._seconds = seconds

    def scan(self, content: bytes | Path) -> Verdict:
        """What it calls what it found. Nothing but its word for clean is taken for that."""
        refuse_open_transaction()
        with BytesIO(content) if isinstance(content, bytes) else content.open("rb") as file:
            if file.seek(0, SEEK_END) > self._max_bytes:
                raise _too_large()
            file.seek(0)
            return _verdict(self._asked(_pieces(file), self._seconds))

    def require_reachable(self, *, seconds: float) -> None:
        """Whether it is there and answers in so many seconds. Raises `ProviderUnavailable`."""
        refuse_open_transaction()
        if self._asked(iter((_PING,)), seconds) != _PONG:
            raise _unavailable("answered something that makes no sense")

    def _asked(self, pieces: Iterable[bytes], seconds: float) -> bytes:
        until = time.monotonic() + seconds
        try:
            with self._connected(until) as connection:
                _send(connection, pieces, until)
                return _read(connection, until)
        except OSError as error:
            raise _unavailable("cannot be reached or did not answer in time") from error

    def _connected(self, until: float) -> socket.socket:
        if not self._address.path:
            where = (self._address.host, self._address.port)
            return socket.create_connection(where, timeout=_left(until))
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(_left(until))
            connection.connect(self._address.path)
        except BaseException:
            connection.close()
            raise
        return connection


def _send(connection: socket.socket, pieces: Iterable[bytes], until: float) -> None:
    """All of it, unless the daemon does not want to hear more: then it has said why."""
    with suppress(BrokenPipeError, ConnectionResetError):
        for piece in pieces:
            connection.settimeout(_left(until))
            connection.sendall(piece)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    yield _COMMAND
    while piece := file.read(_PIECE_BYTES):
        yield struct.pack("!L", len(piece)) + piece
    yield _END


def _read(connection: socket.socket, until: float) -> bytes:
    """What it says up to the zero byte that ends it. Raises `ProviderUnavailable` when it does not
    come to an end."""
    answer = bytearray()
    while b"\0" not in answer:
        connection.settimeout(_left(until))
        more = connection.recv(_ANSWER_BYTES)
        answer += more
        if not more or len(answer) > _ANSWER_BYTES:
            raise _unavailable("answered something that makes no sense")
    return bytes(answer[: answer.index(b"\0")])


def _verdict(answer: bytes) -> Verdict:
    if answer == _CLEAN:
        return Verdict()
    found = _FOUND.fullmatch(answer)
    if found:
        name = found["name"].decode("utf-8", "replace")
        if name.startswith(_NOT_ALL):
            raise _too_large()
        return Verdict(malware=name)
    if answer == _TOO_LARGE:
        raise _too_large()
    raise _unavailable("could not look at the content")


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _too_large() -> ProviderRejected:
    return ProviderRejected("the content is more than the scanner for malware takes")


def _unavailable(what: str) -> ProviderUnavailable:
    return ProviderUnavailable(f"the scanner for malware {what}")
