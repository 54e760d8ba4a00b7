"""A client as a good front end is one: it repeats under the same key what got no answer and
what may succeed later, and takes nothing else for an answer."""

import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import httpx

_LOOK_EVERY_SECONDS = 0.1
_ANSWER_SECONDS = 20


class Refused(AssertionError):
    """The server said no; `code` is the problem's code."""

    def __init__(self, asked: str, answer: httpx.Response) -> None:
        super().__init__(f"{asked} answered {answer.status_code}: {answer.text[:600]}")
        self.status = answer.status_code
        self.code = _problem(answer).get("code")


class NoAnswer(AssertionError):
    """The server has not answered in all the time that a person would wait."""


@dataclass
class BuyerClient:
    """One client of one API; safe to use from several threads.

    `happened` counts what it met on the way. `on_wait` is told the idempotency key of a request
    that an earlier try of it still holds up.
    """

    url: str
    happened: Counter[str]
    patience_seconds: float = 100
    on_wait: Callable[[str], None] = lambda _key: None
    _http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self._http = httpx.Client(base_url=self.url, timeout=_ANSWER_SECONDS)

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def ask(self, method: str, path: str, body: object = None, *, token: str | None = None) -> dict:
        """One request until it is answered with success. Raises `Refused` and `NoAnswer`."""
        key = secrets.token_hex(12)
        headers = {"Idempotency-Key": key} if method in ("POST", "PUT") else {}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        deadline = time.monotonic() + self.patience_seconds
        while time.monotonic() < deadline:
            answer = self._try(method, path, body, headers)
            if answer is not None and not self._must_wait(answer, key):
                return self._read(f"{method} {path}", answer)
            time.sleep(_LOOK_EVERY_SECONDS)
        raise NoAnswer(f"{method} {path} got no answer in {self.patience_seconds:g} s")

    def _try(
        self, method: str, path: str, body: object, headers: Mapping[str, str]
    ) -> httpx.Response | None:
        try:
            return self._http.request(method, path, json=body, headers=headers)
        except httpx.ConnectError:
            self.happened["not reached"] += 1
        except httpx.TransportError:
            self.happened["cut off"] += 1
        return None

    def _must_wait(self, answer: httpx.Response, key: str) -> bool:
        """Whether the server says that the same request may succeed later."""
        problem = _problem(answer)
        if not problem.get("retryable"):
            return False
        self.happened[f"told to wait: {problem['code']}"] += 1
        if problem["code"] == "request_in_flight":
            self.on_wait(key)
        return True

    def _read(self, asked: str, answer: httpx.Response) -> dict:
        if answer.is_error:
            raise Refused(asked, answer)
        if answer.headers.get("Idempotent-Replayed") == "true":
            self.happened["replayed"] += 1
        return answer.json() if answer.content else {}


def _problem(answer: httpx.Response) -> dict:
    if answer.headers.get("content-type") != "application/problem+json":
        return {}
    return answer.json()
