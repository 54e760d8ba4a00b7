"""A server that takes webhooks and remembers them, as they came."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Receiver:
    """`taken` are the webhooks that it answered 200; the next `refuse` are answered 500.
    Connections are kept open, unless they are to be `cut` after each answer without a word."""

    url: str = ""
    refuse: int = 0
    cut: bool = False
    connections: int = 0
    taken: list[tuple[bytes, str]] = field(default_factory=list)
    refused: list[bytes] = field(default_factory=list)

    def take(self, body: bytes, signature: str) -> int:
        """The status to answer."""
        if self.refuse > 0:
            self.refuse -= 1
            self.refused.append(body)
            return 500
        self.taken.append((body, signature))
        return 200


@contextmanager
def receiver(state: Receiver | None = None) -> Iterator[Receiver]:
    """Serves on a free port of the loopback interface."""
    state = state or Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            state.connections += 1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(state.take(body, self.headers["Stripe-Signature"]))
            self.send_header("Content-Length", "0")
            self.end_headers()
            self.close_connection = self.close_connection or state.cut

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join()
