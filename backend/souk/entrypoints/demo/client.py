"""The API, spoken to as any client does."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

from souk.entrypoints.demo.documents import Document
from souk.entrypoints.demo.waiting import StoryFailed, until

_TIMEOUT_SECONDS = 20
# Sign-in requests are counted by the minute.
_RETRY_SECONDS = 65


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said. `code` is the problem's code when it is one; headers are by their
    names in lower case."""

    status: int
    code: str | None
    headers: Mapping[str, str]
    body: str

    @property
    def document(self) -> Document:
        """The body as JSON."""
        return Document.parse(self.body)

    @property
    def brief(self) -> str:
        """Status and code, as the refusals are compared."""
        return str(self.status) if self.code is None else f"{self.status} {self.code}"


class Api:
    """One client. Thread-safe, as httpx's is."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=url, timeout=_TIMEOUT_SECONDS)

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str | None = None,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Answer:
        """One request, whatever it is answered with. Raises `StoryFailed` when there is no
        answer."""
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        if key is not None:
            sent["Idempotency-Key"] = key
        if content is not None:
            sent["Content-Type"] = "application/json"
        try:
            got = self._http.request(method, path, headers=sent, json=body, content=content)
        except httpx.HTTPError as error:
            raise StoryFailed(f"{method} {path}: {type(error).__name__} {error}") from error
        return Answer(got.status_code, _code(got), dict(got.headers), got.text)

    def ask_in_time(self, ask: Callable[[], Answer]) -> Answer:
        """The answer to a request, asked again for as long as it is "too many requests"."""

        def attempt() -> Answer | None:
            got = ask()
            return None if got.status == httpx.codes.TOO_MANY_REQUESTS else got

        return until(attempt, "fewer requests a minute", seconds=_RETRY_SECONDS)

    def do(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str | None = None,
        key: str | None = None,
    ) -> Document:
        """A request that must succeed, repeated under the same key while the server says that it
        may be. Raises `StoryFailed`."""
        same = key or (secrets.token_hex(12) if method in ("POST", "PUT") else None)

        def attempt() -> Answer | None:
            got = self.ask(method, path, body, token=token, key=same)
            return None if _may_succeed_later(got) else got

        answer = until(attempt, f"{method} {path} to be possible", seconds=_RETRY_SECONDS)
        if answer.status >= httpx.codes.BAD_REQUEST:
            raise StoryFailed(f"{method} {path} answered {answer.status}: {answer.body[:500]}")
        return Document.parse(answer.body, f"{method} {path}")


def _may_succeed_later(answer: Answer) -> bool:
    retryable = (httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.TOO_MANY_REQUESTS)
    return answer.status in retryable


def _code(response: httpx.Response) -> str | None:
    if response.headers.get("content-type") != "application/problem+json":
        return None
    code = Document.parse(response.text).find("code")
    return code if isinstance(code, str) else None
