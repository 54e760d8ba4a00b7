"""Connecting to what a stranger named, after a look at where that is.

The address that was checked is the one that is connected to: the name is looked up once, by us,
and never again, so that an answer that changes between two questions (DNS rebinding) changes
nothing. The check stands right before the connection, where no way leads around it.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from queue import Empty, SimpleQueue
from ssl import SSLContext

import httpcore

from souk.adapters.http.addresses import is_address
from souk.adapters.http.targets import Policy, Target
from souk.core.errors import ProviderUnavailable
from souk.core.transaction_guard import refuse_open_transaction

CONNECT_SECONDS = 4.0
_ADDRESSES_AT_MOST = 4

Resolve = Callable[[str, int], Sequence[str]]
"""The addresses of a name, for a connection to this port. Raises `OSError`."""


class Deadline:
    """An instant after which nothing is waited for any more."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def left(
        self,
        at_most: float | None = None,
        *,
        over: type[httpcore.TimeoutException] = httpcore.ReadTimeout,
    ) -> float:
        """How many seconds there are. Raises `over` when there are none."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise over("the time is over")
        return left if at_most is None else min(left, at_most)


class CheckedBackend(httpcore.NetworkBackend):
    """Opens the connections of one request to one target."""

    def __init__(
        self,
        target: Target,
        policy: Policy,
        deadline: Deadline,
        resolve: Resolve,
        backend: httpcore.NetworkBackend,
    ) -> None:
        """`backend` connects to addresses, those that were checked and no others."""
        self._target = target
        self._policy = policy
        self._deadline = deadline
        self._resolve = resolve
        self._backend = backend

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to one of the addresses of `host`, all of which must be allowed: who
        answers with one that is not is up to something. Raises `ProviderRejected`."""
        del timeout
        refuse_open_transaction()
        addresses = self._addresses(host, port)
        for address in addresses:
            self._policy.require_address(self._target, address)
        failure: Exception = httpcore.ConnectError("the name has no address")
        for address in addresses[:_ADDRESSES_AT_MOST]:
            left = self._deadline.left(CONNECT_SECONDS, over=httpcore.ConnectTimeout)
            try:
                stream = self._backend.connect_tcp(
                    address, port, left, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return TimedStream(stream, self._deadline)
        raise failure

    def _addresses(self, host: str, port: int) -> list[str]:
        if is_address(host):
            return [host]
        try:
            found = in_time(lambda: self._resolve(host, port), self._deadline.left())
        except (OSError, UnicodeError):
            raise ProviderUnavailable("the name of the server leads nowhere") from None
        return list(dict.fromkeys(found))


class TimedStream(httpcore.NetworkStream):
    """A connection on which everything together ends by a deadline: a server that sends a byte
    now and then would otherwise hold us for ever."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What has arrived."""
        return self._stream.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of it."""
        self._stream.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        """Hang up."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """The same connection under TLS, for the name and not for the address."""
        left = self._deadline.left(timeout, over=httpcore.ConnectTimeout)
        return TimedStream(
            self._stream.start_tls(ssl_context, server_hostname, left), self._deadline
        )

    def get_extra_info(self, info: str) -> object:
        """What the connection knows about itself."""
        return self._stream.get_extra_info(info)


def look_up(host: str, port: int) -> list[str]:
    """Ask the system, which puts those last that this machine has no way to."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(where[0]) for *_, where in found]


def in_time(act: Callable[[], Sequence[str]], seconds: float) -> Sequence[str]:
    """What `act` answers or raises, in a thread of its own: the system looks names up for as long
    as it likes. Raises `httpcore.ConnectTimeout`; the thread then ends by itself."""
    answers: SimpleQueue[Sequence[str] | Exception] = SimpleQueue()

    def run() -> None:
        try:
            answers.put(act())
        except Exception as failure:
            answers.put(failure)

    threading.Thread(target=run, name="name look-up", daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except Empty:
        raise httpcore.ConnectTimeout("the name was not looked up in time") from None
    if isinstance(answer, Exception):
        raise answer
    return answer
