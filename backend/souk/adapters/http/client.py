"""One request to a server that a stranger named.

Every request has a connection of its own. A shared one is kept by the address of the server, and
could carry to one name what was meant for another. No redirect is followed, no proxy of the
environment is used, and nothing is decompressed.
"""

import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, partial

import httpcore

from souk.adapters.http.connector import CheckedBackend, Deadline, Resolve, look_up
from souk.adapters.http.targets import Policy, Target
from souk.core.errors import OutcomeUnknown, ProviderRejected, ProviderUnavailable
from souk.core.ports import Fetched

_USER_AGENT = "Souk/1"
_NOT_CONNECTED = (httpcore.ConnectError, httpcore.ConnectTimeout)
_BROKEN_OFF = (httpcore.NetworkError, httpcore.ProtocolError)


@cache
def public_authorities() -> ssl.SSLContext:
    """Trusts what the system trusts, made once: reading the certificates takes longer than a
    request."""
    return httpcore.default_ssl_context()


@dataclass(frozen=True)
class PublicHttp:
    """The `HttpFetcher` and the `HttpPoster`. Safe to share between threads."""

    policy: Policy = field(default_factory=Policy)
    resolve: Resolve = look_up
    tls: ssl.SSLContext | None = None
    backend: httpcore.NetworkBackend = field(default_factory=httpcore.SyncBackend)

    def check(self, url: str) -> None:
        """Refuse an address that could never be spoken to."""
        self.policy.target(url)

    def fetch(self, url: str, *, max_bytes: int, timeout_seconds: float) -> Fetched:
        """All of an answer, or none."""
        target = self.policy.target(url)
        read = partial(_everything, max_bytes=max_bytes)
        try:
            return self._exchange("GET", target, {}, None, read, Deadline(timeout_seconds))
        except OutcomeUnknown as error:
            raise ProviderUnavailable(error.detail) from None

    def post(
        self,
        url: str,
        *,
        body: bytes,
        headers: Mapping[str, str],
        max_bytes: int,
        timeout_seconds: float,
    ) -> Fetched:
        """Send, and take down what the answer begins with."""
        target = self.policy.target(url)
        read = partial(_beginning, max_bytes=max_bytes)
        return self._exchange("POST", target, headers, body, read, Deadline(timeout_seconds))

    def _exchange(
        self,
        method: str,
        target: Target,
        headers: Mapping[str, str],
        body: bytes | None,
        read: Callable[[httpcore.Response], bytes],
        deadline: Deadline,
    ) -> Fetched:
        named = [("Host", target.authority), ("User-Agent", _USER_AGENT), *headers.items()]
        try:
            with (
                self._connection(target, deadline) as pool,
                pool.stream(method, _url(target), headers=named, content=body) as response,
            ):
                return Fetched(response.status, _headers(response), read(response))
        except _NOT_CONNECTED as error:
            raise ProviderUnavailable(_why(error)) from None
        except httpcore.TimeoutException:
            raise OutcomeUnknown("the server did not answer in time") from None
        except _BROKEN_OFF as error:
            why = f"the server hung up or did not speak HTTP ({type(error).__name__})"
            raise OutcomeUnknown(why) from None

    def _connection(self, target: Target, deadline: Deadline) -> httpcore.ConnectionPool:
        return httpcore.ConnectionPool(
            ssl_context=self.tls or public_authorities(),
            max_connections=1,
            max_keepalive_connections=0,
            network_backend=CheckedBackend(
                target, self.policy, deadline, self.resolve, self.backend
            ),
        )


def _url(target: Target) -> httpcore.URL:
    return httpcore.URL(
        scheme=target.scheme.encode(),
        host=target.host.encode(),
        port=target.port,
        target=target.path.encode(),
    )


def _headers(response: httpcore.Response) -> dict[str, str]:
    """By their names in lower case; of several with one name the last."""
    return {n.decode("latin-1").lower(): v.decode("latin-1") for n, v in response.headers}


def _everything(response: httpcore.Response, *, max_bytes: int) -> bytes:
    content = bytearray()
    for chunk in response.iter_stream():
        content += chunk
        if len(content) > max_bytes:
            raise ProviderRejected(f"the answer has more than {max_bytes} bytes")
    return bytes(content)


def _beginning(response: httpcore.Response, *, max_bytes: int) -> bytes:
    """As much as is wanted and comes. The status has been said, whatever becomes of the rest."""
    content = bytearray()
    with suppress(httpcore.TimeoutException, *_BROKEN_OFF):
        for chunk in response.iter_stream():
            content += chunk
            if len(content) >= max_bytes:
                break
    return bytes(content[:max_bytes])


def _why(error: Exception) -> str:
    """What is wrong with a certificate is told, as only its owner can put it right."""
    # The library keeps what went wrong below it as its only argument.
    cause = next(iter(error.args), None)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"the server's certificate is not valid: {cause.verify_message}"
    if isinstance(cause, ssl.SSLError):
        return "the server does not speak TLS"
    if isinstance(error, httpcore.TimeoutException):
        return "no connection came about in time"
    return "the server could not be connected to"
