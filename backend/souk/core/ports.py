"""What the core and the modules need from outside, whatever vendor provides it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


class Cache(Protocol):
    """Bytes that may vanish at any moment."""

    def get(self, key: str) -> bytes | None:
        """The value, or `None` when it is not there or the cache is down."""
        ...

    def get_all(self, keys: Sequence[str]) -> list[bytes | None]:
        """The values of several keys, asked for together."""
        ...

    def put(self, key: str, value: bytes, *, ttl_seconds: int) -> None:
        """Keep a value for at most this long; silently nothing when the cache is down."""
        ...

    def drop(self, keys: Sequence[str]) -> None:
        """Forget values."""
        ...


class Bus(Protocol):
    """Wakes waiting processes; carries no facts. A missed wake costs one poll interval."""

    def wait(self, timeout_seconds: float) -> bool:
        """Block until somebody published or the time is over; `True` if woken."""
        ...


class JobQueue(Protocol):
    """Starts jobs in worker processes. Jobs carry ids, never objects."""

    def enqueue(self, queue: str, job: str, *, job_id: str) -> None:
        """Put a job on a queue unless one with this id waits there already. Raises
        `ProviderUnavailable`."""
        ...


class RateLimiter(Protocol):
    """Counts what a caller does."""

    def take(self, key: str, *, limit: int, per_seconds: int) -> int:
        """Count one use. Returns 0 when it is within `limit`, else the seconds to wait. When the
        counter cannot be reached the use is allowed: refusing everybody would be worse."""
        ...


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer to a fetch: at most as many bytes as the caller allowed."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpFetcher(Protocol):
    """Fetches what a stranger named: checks the address it connects to, limits size and time."""

    def fetch(self, url: str, *, max_bytes: int, timeout_seconds: float) -> Fetched:
        """GET `url`. Raises `ProviderUnavailable` or `ProviderRejected`."""
        ...


class HttpPoster(Protocol):
    """Sends to where a stranger wants it, with the same checks and limits."""

    def check(self, url: str) -> None:
        """Look at the address without connecting to anything, to refuse early what could never be
        sent to. Raises `ProviderRejected`."""
        ...

    def post(
        self,
        url: str,
        *,
        body: bytes,
        headers: Mapping[str, str],
        max_bytes: int,
        timeout_seconds: float,
    ) -> Fetched:
        """POST `body`, follow no redirect, and return any answer with its first `max_bytes`.
        Raises `ProviderRejected` when the address must not be connected to, `ProviderUnavailable`
        when it could not be, and `OutcomeUnknown` when it was and did not answer."""
        ...


class Mailer(Protocol):
    """Sends e-mail."""

    def send(self, *, to: str, subject: str, body: str) -> None:
        """Hand one message over. Raises `ProviderRejected` when this recipient is never to be
        reached, `RecipientUnavailable` when this one is not now, and another `ProviderUnavailable`
        when nobody is, because the server is away or does not accept us."""
        ...
