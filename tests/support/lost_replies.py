"""A way to PostgreSQL on which the reply to a COMMIT is lost: the server has done it, and whoever
asked never hears so."""

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from tests.support.sockets import Door, door

_COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"
_READY = b"Z\x00\x00\x00\x05"


@dataclass
class Line:
    """`lose` is which of the next commits is not heard of, 0 being the next; `lost` counts them."""

    server: str
    lose: int | None = None
    lost: int = 0

    def carry(self, client: socket.socket, over: threading.Event) -> None:
        """One connection, until either side ends it or a reply is lost."""
        with socket.socket(socket.AF_UNIX) as server:
            server.connect(self.server)
            while not over.is_set():
                for side in select.select([client, server], [], [], 0.2)[0]:
                    said = side.recv(65_536)
                    if not said:
                        return
                    (server if side is client else client).sendall(said)
                    if side is client and said == _COMMIT and self._is_due():
                        self._wait_for_reply(server)
                        return

    def _is_due(self) -> bool:
        if self.lose is None:
            return False
        due, self.lose = self.lose == 0, self.lose - 1 if self.lose else None
        return due

    def _wait_for_reply(self, server: socket.socket) -> None:
        reply = b""
        while _READY not in reply:
            reply += server.recv(65_536)
        self.lost += 1


@contextmanager
def lossy_line(url: str) -> Iterator[tuple[Line, str]]:
    """The line to a database, and the URL that leads along it."""
    parts = urlsplit(url)
    (sockets,) = parse_qs(parts.query)["host"]
    line = Line(f"{sockets}/.s.PGSQL.5432")
    with door(line.carry) as opened:
        yield line, _through(opened, parts.netloc.rpartition("@")[0], parts.path)


def _through(opened: Door, account: str, database: str) -> str:
    plain = "sslmode=disable&gssencmode=disable"
    return f"postgresql://{account}@127.0.0.1:{opened.port}{database}?{plain}"
