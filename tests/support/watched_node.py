"""A node's JSON-RPC behind a proxy that notes every method, and can change or refuse a call."""

import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Call = dict[str, object]


def _unchanged(call: Call) -> Call | None:
    return call


@dataclass
class WatchedNode:
    """`meddle` gets each call: it returns what the node is asked, or `None` to refuse."""

    behind: str
    meddle: Callable[[Call], Call | None] = _unchanged
    url: str = ""
    methods: list[str] = field(default_factory=list)

    def answer(self, call: Call) -> bytes:
        """The node's answer to this call, or the refusal of one."""
        self.methods.append(str(call["method"]))
        asked = self.meddle(call)
        if asked is None:
            error = {"code": -32000, "message": "refused here"}
            return json.dumps({"jsonrpc": "2.0", "id": call["id"], "error": error}).encode()
        request = urllib.request.Request(
            self.behind, json.dumps(asked).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=20) as response:
            content: bytes = response.read()
        return content


@contextmanager
def watched(
    behind: str, meddle: Callable[[Call], Call | None] = _unchanged
) -> Iterator[WatchedNode]:
    """Run the proxy on a free port."""
    node = WatchedNode(behind, meddle)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            call = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            content = node.answer(call)
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    node.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield node
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
