"""A node's JSON-RPC behind a proxy that notes every method, and can change, refuse or answer a
call."""

import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Call = dict[str, object]


@dataclass(frozen=True)
class Answered:
    """What is answered in the node's place."""

    result: object


Meddling = Callable[[Call], Call | Answered | None]


def _unchanged(call: Call) -> Call:
    return call


@dataclass
class WatchedNode:
    """`meddle` gets each call: it returns what the node is asked, `None` to refuse, or what is
    answered without asking it."""

    behind: str
    meddle: Meddling = _unchanged
    url: str = ""
    methods: list[str] = field(default_factory=list)

    def answer(self, call: Call) -> bytes:
        """The node's answer to this call, or the refusal of one."""
        self.methods.append(str(call["method"]))
        asked = self.meddle(call)
        if asked is None:
            error = {"code": -32000, "message": "refused here"}
            return json.dumps({"jsonrpc": "2.0", "id": call["id"], "error": error}).encode()
        if isinstance(asked, Answered):
            answer = {"jsonrpc": "2.0", "id": call["id"], "result": asked.result}
            return json.dumps(answer).encode()
        request = urllib.request.Request(
            self.behind, json.dumps(asked).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=20) as response:
            content: bytes = response.read()
        return content


@contextmanager
def watched(behind: str, meddle: Meddling = _unchanged) -> Iterator[WatchedNode]:
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
