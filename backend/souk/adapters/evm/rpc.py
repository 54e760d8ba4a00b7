"""JSON-RPC 2.0 over HTTP to one endpoint, strictly.

Every failure is renamed here, and nothing of the endpoint's address ever leaves this file: it
often holds the key that pays for the endpoint. httpx's client logs each URL, so its transport is
used without the client.
"""

import base64
import itertools
import json
import re
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import httpx

from souk.core.errors import ProviderUnavailable
from souk.core.transaction_guard import refuse_open_transaction

FEW = 4
MAX_ANSWER_BYTES = 64 * 1024 * 1024
_DEADLINE_FACTOR = 4
_HOST = re.compile(r"[0-9A-Za-z.:-]+")


@dataclass(frozen=True, slots=True)
class RpcRequest:
    """One call: a method of the node, and its parameters as JSON values."""

    method: str
    params: Sequence[object]


@dataclass(frozen=True, slots=True)
class RpcFault:
    """The node understood the call and answered with an error."""

    code: int
    message: str
    data: str | None


@dataclass(frozen=True, slots=True)
class RpcResult:
    """The node's answer, a JSON value that nobody has looked at yet."""

    value: object


class RpcClient(Protocol):
    """What a node is asked through."""

    def ask(self, method: str, *params: object) -> RpcResult | RpcFault:
        """One call. Raises `ProviderUnavailable` when there is no proper answer."""
        ...

    def ask_all(self, requests: Sequence[RpcRequest]) -> list[RpcResult | RpcFault]:
        """Several calls in one request; answers in the order of the calls."""
        ...


class JsonRpcClient:
    """Talks to one endpoint; safe to share between threads, not over a fork."""

    def __init__(
        self,
        url: str,
        *,
        label: str,
        timeout_seconds: float = 5.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """`label` is what errors call the endpoint, such as `chain 1`; it must hold no secret."""
        self._label = label
        try:
            self._url = httpx.URL(url)
        except httpx.InvalidURL:
            raise self._unavailable("has an address that is none") from None
        self._timeout = timeout_seconds
        self._transport = transport or httpx.HTTPTransport(retries=0, verify=_tls())
        self._ids = itertools.count(1)
        self._headers = {"Content-Type": "application/json", **_authorization(self._url)}

    def __repr__(self) -> str:
        return f"JsonRpcClient({self._label})"

    def close(self) -> None:
        """Close every connection."""
        self._transport.close()

    def ask(self, method: str, *params: object) -> RpcResult | RpcFault:
        """One call. Raises `ProviderUnavailable` when there is no proper answer."""
        return self.ask_all([RpcRequest(method, params)])[0]

    def ask_all(self, requests: Sequence[RpcRequest]) -> list[RpcResult | RpcFault]:
        """Several calls in one request; answers in the order of the calls."""
        refuse_open_transaction()
        if not requests:
            return []
        ids = [next(self._ids) for _ in requests]
        calls = [
            {"jsonrpc": "2.0", "id": id_, "method": call.method, "params": list(call.params)}
            for id_, call in zip(ids, requests, strict=True)
        ]
        answer = self._post(calls[0] if len(calls) == 1 else calls)
        if isinstance(answer, dict) and 1 < len(requests) <= FEW:
            # Some endpoints take no batches at all. Long ones are shortened by whoever asks.
            return [self.ask(call.method, *call.params) for call in requests]
        answers = answer if isinstance(answer, list) else [answer]
        by_id = {
            entry["id"]: entry
            for entry in answers
            if isinstance(entry, dict) and isinstance(entry.get("id"), int)
        }
        if len(answers) != len(ids) or set(by_id) != set(ids):
            raise self._unavailable("answered with something else than was asked")
        return [self._read(by_id[id_]) for id_ in ids]

    def _read(self, entry: dict[str, object]) -> RpcResult | RpcFault:
        error = entry.get("error")
        if error is None:
            if "result" not in entry:
                raise self._unavailable("answered with neither result nor error")
            return RpcResult(entry["result"])
        if not isinstance(error, dict):
            raise self._unavailable("answered with a malformed error")
        code, message, data = error.get("code"), error.get("message"), error.get("data")
        return RpcFault(
            code if isinstance(code, int) else 0,
            str(message)[:200],
            data if isinstance(data, str) else None,
        )

    def _post(self, body: object) -> object:
        request = httpx.Request(
            "POST",
            self._url,
            headers=self._headers,
            content=json.dumps(body).encode(),
            extensions={"timeout": httpx.Timeout(self._timeout).as_dict()},
        )
        try:
            response = self._transport.handle_request(request)
            try:
                content = self._limited(response)
            finally:
                response.close()
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as error:
            # `from None`: the original names the address.
            raise self._unavailable(f"cannot be reached ({type(error).__name__})") from None
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            raise self._unavailable(f"answered HTTP {response.status_code}, no JSON") from None

    def _limited(self, response: httpx.Response) -> bytes:
        """The body; an answer that is huge, or drips for ever, is given up."""
        until = time.monotonic() + self._timeout * _DEADLINE_FACTOR
        content = bytearray()
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) > MAX_ANSWER_BYTES or time.monotonic() > until:
                raise self._unavailable("gave an answer that does not end")
        return bytes(content)

    def _unavailable(self, what: str) -> ProviderUnavailable:
        return ProviderUnavailable(f"the node of {self._label} {what}")


@cache
def _tls() -> ssl.SSLContext:
    """One for all endpoints: reading the certificates takes longer than a call."""
    return httpx.create_ssl_context()


def shown_address(url: str) -> str:
    """As much of an endpoint's address as may be shown: whose it is. Keys stand in the path, the
    query, the user's place, and with some providers in front of the host's last two names."""
    try:
        host, port = httpx.URL(url).host, httpx.URL(url).port
    except httpx.InvalidURL:
        host, port = "", None
    if _HOST.fullmatch(host) is None:
        return "no address"
    names = host.split(".")
    if len(names) > 2 and not names[-1].isdecimal():
        host = ".".join(["*", *names[-2:]])
    return host if port is None else f"{host}:{port}"


def _authorization(url: httpx.URL) -> dict[str, str]:
    if not url.userinfo:
        return {}
    pair = f"{url.username}:{url.password}".encode()
    return {"Authorization": "Basic " + base64.b64encode(pair).decode()}
