"""A merchant's server that takes webhooks, remembers them, and answers as it is told."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Answer:
    """What to answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Hook:
    """What was received."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Merchant:
    """`answers` are given one after the other, then 200. While `gate` is not set, answers wait."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    hooks: list[Hook] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)

    def take(self, hook: Hook) -> Answer:
        self.hooks.append(hook)
        assert self.gate.wait(30), "nobody let the merchant answer"
        return self.answers.pop(0) if self.answers else Answer()

    @property
    def ids(self) -> list[str]:
        return [hook.id for hook in self.hooks]


@contextmanager
def merchant() -> Iterator[Merchant]:
    """Serves on a free port of the loopback interface."""
    state = Merchant()
    state.gate.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = state.take(Hook(self.path, headers, body))
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_port}/hooks"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        state.gate.set()
        server.shutdown()
        server.server_close()
        thread.join()
