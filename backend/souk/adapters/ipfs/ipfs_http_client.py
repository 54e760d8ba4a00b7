"""A Kubo node by way of the package `ipfshttpclient`, for installations that have it already.

It is an optional extra, `souk[ipfshttpclient]`: its last version is an alpha of 2021. It bounds
single waits and not all of them together, and reads the reasons of errors however long they are, so
that a node that means ill can hold a worker up; `KuboRpc` has neither weakness. The package is
loaded once this is made, and not before.
"""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from souk.adapters.exchange.answers import Answer, unavailable
from souk.adapters.exchange.server import Server, within
from souk.core.transaction_guard import refuse_open_transaction

_PORTS = {"http": 80, "https": 443}
_CONNECT_SECONDS = 4.0
_ANSWER_BYTES = 64 * 1024
_PIECE_BYTES = 64 * 1024
_OK = 200


class IpfsHttpClientRpc:
    """The `Rpc` of `KuboPinStore` through that package. Raises `ImportError` when it is not
    installed. Safe to share between threads: each call has a session of its own."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._errors = import_module("ipfshttpclient.exceptions")
        self._multipart = import_module("ipfshttpclient.multipart")
        transport = _asking_only_there(import_module("ipfshttpclient.http_requests").ClientSync)
        address, base = _address(server.url)
        self._client = transport(
            address,
            base,
            headers=dict(server.headers),
            timeout=(_CONNECT_SECONDS, server.seconds),
        )

    @property
    def name(self) -> str:
        """The server's."""
        return self._server.name

    def call(
        self,
        command: str,
        parameters: Mapping[str, str],
        *,
        block: bytes | None = None,
        max_bytes: int = _ANSWER_BYTES,
        cut: bool = False,
    ) -> Answer:
        """What the package raises becomes the answer that it was made from."""
        refuse_open_transaction()
        body, headers = (None, {}) if block is None else self._multipart.stream_bytes(block)
        try:
            chunks = self._client.request(
                f"/{command}", opts=parameters, data=body, headers=headers, stream=True
            )
            with chunks:
                read = within(self._in_time(chunks), max_bytes, self.name, cut=cut)
        except self._errors.StatusError as error:
            said = json.dumps({"Message": str(error)}).encode()
            return Answer(self.name, error.original.response.status_code, said)
        # The package lets some errors of the one below it through, a redirect among them.
        except (self._errors.Error, OSError):
            raise unavailable(self.name, "cannot be reached or hung up") from None
        return Answer(self.name, _OK, read)

    def _in_time(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        until = time.monotonic() + self._server.seconds
        for chunk in chunks:
            yield chunk
            if time.monotonic() > until:
                raise unavailable(self.name, "did not answer in time")


def _asking_only_there(transport: Any) -> Any:  # noqa: ANN401  # no types come with the package
    """Left to itself it follows redirects, and uses the proxies of the environment."""

    class Plain(transport):  # type: ignore[misc]  # it is not known before it is loaded
        __slots__ = ()

        def _make_session(self) -> Any:  # noqa: ANN401  # as above
            session = super()._make_session()
            session.trust_env = False
            session.max_redirects = 0
            return session

        def _request(self, *asked: Any, **how: Any) -> Any:  # noqa: ANN401  # as above
            # It would read an answer of any length in one piece.
            return super()._request(*asked, **{**how, "chunk_size": _PIECE_BYTES})

    return Plain


def _address(url: str) -> tuple[str, str]:
    """The multiaddress of the server, which is what the package takes, and the path to its RPC."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    address = f"/{_kind(host)}/{host}/tcp/{port}/{parts.scheme}"
    return address, f"{parts.path.strip('/')}/api/v0".lstrip("/")


def _kind(host: str) -> str:
    try:
        return f"ip{ip_address(host).version}"
    except ValueError:
        return "dns"
