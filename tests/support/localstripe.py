"""localstripe, another server that speaks Stripe's API: https://github.com/adrienverge/localstripe.

It is GPL-3.0 and therefore no dependency of this package: the deep run installs it into an
environment of its own, from `requirements-localstripe.lock`, and runs it as a program. It knows
less than Stripe does. Parameters that it does not know are taken out on the way to it; they are
named here, and whatever else it refuses fails the test.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import httpx

from souk.embedded import parts
from souk.embedded.anvil import free_port
from souk.embedded.parts import Part
from tests.support.card_server import CardServer
from tests.support.environments import python_of

SECRET_KEY = "sk_test_localstripe"
_UNCHANGED = "X-Unchanged"
UNKNOWN_THERE = {
    "/v1/payment_intents": (
        "allowed_payment_method_types",
        "automatic_payment_methods",
        "transfer_group",
    ),
}


@contextmanager
def a_localstripe(directory: Path) -> Iterator[CardServer]:
    """A fresh one, behind what takes the unknown parameters out."""
    python, port = python_of("localstripe"), free_port()
    url = f"http://127.0.0.1:{port}"
    part = Part(
        name="localstripe",
        command=lambda: [str(python), "-m", "localstripe", "--from-scratch", "--port", str(port)],
        ready=lambda: _answers(url),
        directory=directory,
    )
    running = parts.start(part, directory / "localstripe.log")
    with _simplified(url) as simpler:
        yield CardServer(simpler, SECRET_KEY, "pk_test_localstripe")
    running.kill()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/v1/customers", auth=(SECRET_KEY, ""), timeout=2).is_success
    except httpx.HTTPError:
        return False


@contextmanager
def _simplified(url: str) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.forward()

        def do_POST(self) -> None:
            self.forward()

        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            headers = {"Authorization": self.headers["Authorization"]}
            if body:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            content = body if _UNCHANGED in self.headers else known(self.path, body)
            answer = httpx.request(self.command, url + self.path, content=content, headers=headers)
            self.send_response(answer.status_code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def known(path: str, body: str) -> str:
    """The parameters of a request that it knows."""
    unknown = UNKNOWN_THERE.get(path, ())
    pairs = parse_qsl(body, keep_blank_values=True)
    return urlencode([pair for pair in pairs if pair[0].partition("[")[0] not in unknown])


def refuses(server: CardServer, path: str, body: str) -> bool:
    """Whether it refuses a request as it stands."""
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Authorization": f"Bearer {server.secret_key}",
        _UNCHANGED: "yes",
    }
    return httpx.post(server.url + path, content=body, headers=headers).status_code == 400
