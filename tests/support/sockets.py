"""Servers of the loopback interface that count who comes, and behave as badly as they are told."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Serve = Callable[[socket.socket, threading.Event], None]
"""Given a connection, and an event that is set when the test is over."""


@dataclass
class Door:
    """A listening socket; `visits` are the connections that were made to it."""

    port: int
    visits: int = 0
    over: threading.Event = field(default_factory=threading.Event)


def hang_up(_connection: socket.socket, _over: threading.Event) -> None:
    """Say nothing."""


def stay_silent(_connection: socket.socket, over: threading.Event) -> None:
    """Never say anything, and stay."""
    over.wait()


def answering(*parts: bytes, pause: float = 0) -> Serve:
    """Read the request, then send these one after the other with a pause before each."""

    def serve(connection: socket.socket, over: threading.Event) -> None:
        read_request(connection)
        for part in parts:
            if pause and over.wait(pause):
                return
            connection.sendall(part)

    return serve


def repeating(first: bytes, part: bytes, pause: float = 0) -> Serve:
    """Read the request, send `first`, and then `part` again and again until nobody listens."""

    def serve(connection: socket.socket, over: threading.Event) -> None:
        read_request(connection)
        connection.sendall(first)
        while not over.wait(pause):
            connection.sendall(part)

    return serve


def read_request(connection: socket.socket) -> bytes:
    """Until its body is there, as long as its head says."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65_536) or b"\r\n\r\n"
    head, _, body = received.partition(b"\r\n\r\n")
    lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    left = sum(int(line.split(b":")[1]) for line in lengths) - len(body)
    while left > 0:
        more = connection.recv(65_536)
        left = left - len(more) if more else 0
        received += more
    return received


@contextmanager
def door(serve: Serve = hang_up, *, tls: ssl.SSLContext | None = None) -> Iterator[Door]:
    """Listens on a free port until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        opened = Door(listener.getsockname()[1])
        threads: list[threading.Thread] = []
        accepting = threading.Thread(target=_accept, args=(listener, opened, serve, tls, threads))
        accepting.start()
        try:
            yield opened
        finally:
            opened.over.set()
            # On its own, closing a socket does not wake who waits in it.
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            for thread in [accepting, *threads]:
                thread.join(10)


def _accept(
    listener: socket.socket,
    opened: Door,
    serve: Serve,
    tls: ssl.SSLContext | None,
    threads: list[threading.Thread],
) -> None:
    while not opened.over.is_set():
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        opened.visits += 1
        thread = threading.Thread(target=_handle, args=(connection, opened, serve, tls))
        threads.append(thread)
        thread.start()


def _handle(
    connection: socket.socket, opened: Door, serve: Serve, tls: ssl.SSLContext | None
) -> None:
    # Whoever was spoken to may hang up whenever it likes.
    with suppress(OSError), connection:
        connection.settimeout(10)
        if tls is None:
            serve(connection, opened.over)
            return
        with tls.wrap_socket(connection, server_side=True) as wrapped:
            serve(wrapped, opened.over)
