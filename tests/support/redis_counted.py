"""Redis behind a door that counts the requests coming through, and strikes at one of them."""

import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.support.sockets import door

_CHUNK = 1 << 20


@dataclass
class Blow:
    """Falls when the `at`-th request comes by: before Redis has it, or else once Redis has answered
    it and before the asker knows."""

    at: int
    answered: bool
    strike: Callable[[], None] = lambda: None
    requests: int = 0


@contextmanager
def counted(redis_url: str, blow: Blow) -> Iterator[str]:
    """The address of a door to a Redis that listens on a socket file. What a client sends in one
    piece is one request, as Redis clients send a pipeline whole."""
    address = urlsplit(redis_url)

    def serve(client: socket.socket, over: threading.Event) -> None:
        with socket.socket(socket.AF_UNIX) as server:
            server.connect(address.path)
            _pass_on(client, server, blow, over)

    with door(serve) as opened:
        yield f"redis://127.0.0.1:{opened.port}/?{address.query}"


def _pass_on(
    client: socket.socket, server: socket.socket, blow: Blow, over: threading.Event
) -> None:
    while not over.is_set():
        ready, _, _ = select.select([client, server], [], [], 0.1)
        for side in ready:
            received = side.recv(_CHUNK)
            if not received:
                return
            blow.requests += side is client
            if blow.requests == blow.at and blow.answered == (side is server):
                blow.strike()
                return
            (server if side is client else client).sendall(received)
