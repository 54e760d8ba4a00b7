"""A node's WebSocket, every connection of which does what a test wrote for it."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

HEAD = json.dumps(
    {
        "jsonrpc": "2.0",
        "method": "eth_subscription",
        "params": {"subscription": "0x1", "result": {"number": "0x1"}},
    }
)
Act = Callable[[ServerConnection], None]


@dataclass
class HeadServer:
    """What each connection does once it was subscribed to; the last act is repeated."""

    acts: list[Act]
    url: str = ""
    asked: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def handle(self, connection: ServerConnection) -> None:
        """One connection."""
        with suppress(ConnectionClosed):
            self.asked.append(str(connection.recv()))
            self.acts[min(len(self.asked), len(self.acts)) - 1](connection)

    def announce(self, connection: ServerConnection) -> None:
        """An act: a new block every few milliseconds."""
        while not self.over.wait(0.01):
            connection.send(HEAD)

    def stall(self, connection: ServerConnection) -> None:
        """An act: one block, and nothing more, while the connection lives."""
        connection.send(HEAD)
        self.over.wait()


@contextmanager
def head_server(*acts: Act | str) -> Iterator[HeadServer]:
    """Serve on a free port; an act may be the name of one of `HeadServer`'s."""
    server = HeadServer([])
    server.acts = [getattr(server, act) if isinstance(act, str) else act for act in acts]
    with serve(server.handle, "127.0.0.1", 0, compression=None) as listening:
        host, port = listening.socket.getsockname()[:2]
        server.url = f"ws://{host}:{port}"
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield server
        server.over.set()
        listening.shutdown()
        thread.join()
