"""Servers that strangers name, the names that lead to them, and who connects to what."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpcore
import trustme

from tests.support.sockets import Door, door, read_request

NAME = "merchant.example"

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


class Names:
    """A `Resolve` that answers as the test has written, and counts who asks. Of several answers
    each is given once, the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Recorder(httpcore.NetworkBackend):
    """Connects to nothing, and keeps what it should have connected to."""

    def __init__(self) -> None:
        self.connected: list[str] = []

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        self.connected.append(host)
        raise httpcore.ConnectError("nobody is connected to")


def serving(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    """What a server uses that is called so."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


def page(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """An answer of HTTP."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def told(data: bytes) -> bytes:
    """What a gateway answers."""
    return page(json.dumps({"data": "0x" + data.hex()}).encode())


@dataclass
class Server:
    """`answers` are given one after the other, the last one for ever; `requests` are what came."""

    answers: list[bytes]
    door: Door | None = None
    requests: list[bytes] = field(default_factory=list)
    before: Callable[[], object] = lambda: None

    @property
    def port(self) -> int:
        assert self.door is not None
        return self.door.port

    @property
    def paths(self) -> list[str]:
        return [request.split(b" ")[1].decode() for request in self.requests]

    def serve(self, connection: socket.socket, _over: threading.Event) -> None:
        self.requests.append(read_request(connection))
        self.before()
        connection.sendall(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])


@contextmanager
def server(authority: trustme.CA, *answers: bytes, name: str = NAME) -> Iterator[Server]:
    """Serves under this name until the block ends, over TLS."""
    served = Server(list(answers))
    with door(served.serve, tls=serving(authority, name)) as opened:
        served.door = opened
        yield served
