"""One question to a server that whoever runs the installation has named.

It may stand in our own network, unlike what strangers name (`adapters.http`); it is trusted as
little. No redirect is followed and no proxy of the environment is used, everything together ends by
a deadline, and no more is read than was expected. httpx writes the requests down, and httpcore
sends them: only there can all that a connection waits for be bounded together.
"""

import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx

from souk.adapters.exchange.answers import Answer, unavailable
from souk.adapters.http.client import public_authorities
from souk.adapters.http.connector import CheckedBackend, Deadline, look_up
from souk.adapters.http.targets import Policy, Target
from souk.core.transaction_guard import refuse_open_transaction

_PORTS = {"http": 80, "https": 443}
_USER_AGENT = {"User-Agent": "Souk/1"}
_REDIRECTS = range(300, 400)


@dataclass(frozen=True, slots=True)
class Server:
    """Where questions go, as whom, and how long one may take. `name` is what it is called in
    errors; the address and the headers never are, for either may hold a secret."""

    url: str = field(repr=False)
    name: str
    seconds: float = 20.0
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    tls: ssl.SSLContext | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in _PORTS or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"the address of {self.name} must be http(s)://host[:port][/path]")
        if parts.username is not None or parts.password is not None:
            raise ValueError(f"the address of {self.name} must hold no user and no password")

    def ask(
        self,
        method: str,
        path: str,
        *,
        max_bytes: int,
        cut: bool = False,
        headers: Mapping[str, str] | None = None,
        **content: Any,  # noqa: ANN401  # whatever httpx writes a request from
    ) -> Answer:
        """Ask, and read the whole answer; of one that is to be `cut`, `max_bytes` at most. Raises
        `ProviderUnavailable`, also when the answer is longer or later than was expected, breaks
        off, or is a redirect."""
        refuse_open_transaction()
        named = {**_USER_AGENT, **self.headers, **(headers or {})}
        written = httpx.Request(method, self.url.rstrip("/") + path, headers=named, **content)
        with self._sent(written) as response:
            if response.status in _REDIRECTS:
                raise unavailable(self.name, "wants us to ask somewhere else")
            body = within(response.iter_stream(), max_bytes, self.name, cut=cut)
            return Answer(self.name, response.status, body, _headers(response))

    @contextmanager
    def _sent(self, written: httpx.Request) -> Iterator[httpcore.Response]:
        body = written.read()
        try:
            with (
                self._connection(written.url) as pool,
                pool.stream(
                    written.method,
                    _url(written.url),
                    headers=written.headers.raw,
                    content=body,
                ) as response,
            ):
                yield response
        except httpcore.TimeoutException:
            raise unavailable(self.name, "did not answer in time") from None
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            why = f"cannot be reached or hung up ({type(error).__name__})"
            raise unavailable(self.name, why) from None

    def _connection(self, url: httpx.URL) -> httpcore.ConnectionPool:
        target = Target(url.scheme, url.host, url.port or _PORTS[url.scheme], url.path)
        return httpcore.ConnectionPool(
            ssl_context=self.tls or public_authorities(),
            max_connections=1,
            max_keepalive_connections=0,
            network_backend=CheckedBackend(
                target, _Anywhere(), Deadline(self.seconds), look_up, httpcore.SyncBackend()
            ),
        )


class _Anywhere(Policy):
    """Whoever named the server knows where it stands."""

    def require_address(self, target: Target, address: str) -> None:
        """Every address will do."""


def within(chunks: Iterable[bytes], max_bytes: int, name: str, *, cut: bool) -> bytes:
    """All of it, or when it is to be `cut` its beginning. Raises `ProviderUnavailable`."""
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > max_bytes:
            if cut:
                break
            raise unavailable(name, f"answered with more than {max_bytes} bytes")
    return bytes(content[:max_bytes])


def _headers(response: httpcore.Response) -> Mapping[str, str]:
    return {n.decode("latin-1").lower(): v.decode("latin-1") for n, v in response.headers}


def _url(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
    )
