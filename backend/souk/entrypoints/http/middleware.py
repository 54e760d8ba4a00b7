"""What happens around every request: an id, size and text bounds, headers, one log line."""

import asyncio
import logging
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from types import MappingProxyType
from urllib.parse import unquote_to_bytes

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from souk.core.ids import TimeOrderedIds
from souk.core.telemetry import request_id
from souk.entrypoints.http.problems import problem, unhandled

_log = logging.getLogger("souk.access")
_GIVEN_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_WITH_PORT = re.compile(r"(?:(?P<bare>[0-9.]+)|\[(?P<bracketed>[^\]]+)\])(?::[0-9]{1,5})?")
_LOGGED_PATH = 200
_MAX_ADDRESS_BYTES = 8_192
_BODY_SECONDS = 15.0
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
)
_POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"


class RequestIds:
    """Gives each request an id (the caller's `X-Request-Id` if it is a plain token) that its log
    lines and its answer carry, adds the security headers, and logs one line at the end. Pages may
    show pictures of one other origin."""

    def __init__(self, app: ASGIApp, *, pictures_from: str = "") -> None:
        self._app = app
        policy = f"{_POLICY}; img-src 'self' {pictures_from}" if pictures_from else _POLICY
        self._headers = (*_HEADERS, (b"content-security-policy", policy.encode()))
        self._ids = TimeOrderedIds()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        current = given if _GIVEN_ID.fullmatch(given) else self._ids.new("rid")
        token = request_id.set(current)
        started, status = time.perf_counter(), 0

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._marked(message["headers"], current)
            await send(message)

        try:
            await self._app(scope, receive, send_marked)
        except Exception as error:
            # Answered here and not further out, where the request's id is not known any more.
            if status:
                raise
            await unhandled(error)(scope, receive, send_marked)
        finally:
            spent = (time.perf_counter() - started) * 1000
            path = scope["path"][:_LOGGED_PATH]
            _log.info("%s %s %s %.1f ms", scope["method"], path, status, spent)
            request_id.reset(token)

    def _marked(
        self, headers: Iterable[tuple[bytes, bytes]], current: str
    ) -> list[tuple[bytes, bytes]]:
        """What a route says for itself stands."""
        said = list(headers)
        names = {name for name, _ in said}
        missing = (header for header in self._headers if header[0] not in names)
        return [*said, *missing, (b"x-request-id", current.encode())]


class TrustedProxies:
    """Tells the application who the client is when proxies stand in front. Only what proxies in
    these networks have added to `X-Forwarded-For` is believed, as anybody may send that header;
    when an entry of theirs is no address, the connection's own peer stays the client."""

    def __init__(self, app: ASGIApp, *, networks: Sequence[IPv4Network | IPv6Network]) -> None:
        self._app = app
        self._networks = tuple(networks)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if self._networks and scope["type"] == "http" and scope["client"] is not None:
            client = self._client(scope["client"][0], Headers(scope=scope))
            if client is not None:
                scope = {**scope, "client": (client, 0)}
        await self._app(scope, receive, send)

    def _client(self, peer: str, headers: Headers) -> str | None:
        """The client behind trusted proxies; `None` when the peer itself has to count."""
        if not self._trusts(parse_address(peer)):
            return None
        # Each proxy adds on the right whom it was asked by.
        for entry in reversed(",".join(headers.getlist("x-forwarded-for")).split(",")):
            address = parse_address(_without_port(entry.strip()))
            if address is None:
                return None
            if not self._trusts(address):
                return str(address)
        return None

    def _trusts(self, address: IPv4Address | IPv6Address | None) -> bool:
        return address is not None and any(address in network for network in self._networks)


def _without_port(entry: str) -> str:
    """`192.0.2.1:80` and `[2001:db8::1]:80` without what follows the address."""
    match = _WITH_PORT.fullmatch(entry)
    return entry if match is None else match["bare"] or match["bracketed"]


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """IPv4 also when it is written as IPv6; a zone means nothing on another machine."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv4Address):
        return address
    return None if address.scope_id else address.ipv4_mapped or address


class Bounds:
    """Refuses what no handler should ever see: bodies over the cap (also when the length is not
    announced) or slower than a person's patience, and addresses that are too long or hold NUL
    characters. At addresses in `streamed` the route reads the body itself, within bounds of its
    own; one that is announced to be longer than is said there never gets that far."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        max_body_bytes: int,
        body_seconds: float = _BODY_SECONDS,
        streamed: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self._app = app
        self._max = max_body_bytes
        self._body_seconds = body_seconds
        self._streamed = streamed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = _refused_address(scope["raw_path"] + b"?" + scope["query_string"])
        body: bytes | None = b""
        streamed = self._streamed.get(scope["path"]) if scope["method"] == "POST" else None
        if refusal is None and streamed is not None:
            if _announced(scope) <= streamed:
                await self._app(scope, receive, send)
                return
            refusal = self._too_large(scope, streamed)
        if refusal is None:
            try:
                async with asyncio.timeout(self._body_seconds):
                    body = await self._read(scope, receive)
            except TimeoutError:
                refusal = self._unread(
                    scope, 408, code="body_too_slow", detail="the body did not arrive in time"
                )
        if body is None:
            refusal = self._too_large(scope, self._max)
        if refusal is not None:
            await refusal(scope, receive, send)
        else:
            await self._app(scope, _replayed(body or b"", receive), send)

    def _too_large(self, scope: Scope, most: int) -> Response:
        detail = f"a request body may have at most {most} bytes"
        return self._unread(scope, 413, code="body_too_large", detail=detail)

    @staticmethod
    def _unread(scope: Scope, status: int, *, code: str, detail: str) -> Response:
        """The rest of the body is not read: nothing else can follow on this connection."""
        headers = {"Connection": "close"} if scope["http_version"] < "2" else None
        return problem(status=status, code=code, detail=detail, headers=headers)

    async def _read(self, scope: Scope, receive: Receive) -> bytes | None:
        """The whole body, or `None` as soon as it is known to pass the cap."""
        if _announced(scope) > self._max:
            return None
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return b"".join(chunks)
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > self._max:
                return None
            chunks.append(chunk)
            if not message.get("more_body", False):
                return b"".join(chunks)


def _announced(scope: Scope) -> float:
    """How long the body is said to be; without end when what is said is no number."""
    announced = Headers(scope=scope).get("content-length", "0")
    return int(announced) if announced.isdigit() and len(announced) < 20 else float("inf")


def _refused_address(target: bytes) -> Response | None:
    if len(target) > _MAX_ADDRESS_BYTES:
        detail = f"an address may have at most {_MAX_ADDRESS_BYTES} bytes"
        return problem(status=414, code="url_too_long", detail=detail)
    if b"\0" in unquote_to_bytes(target):
        detail = "the address contains a NUL character"
        return problem(status=400, code="malformed_url", detail=detail)
    return None


def _replayed(body: bytes, receive: Receive) -> Receive:
    """A `receive` that hands out the body that was read, then whatever follows."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
