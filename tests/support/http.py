"""The HTTP application around some modules, called without a network."""

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from typing import TypeVar

import httpx
from fastapi import FastAPI

from souk.core.clock import SystemClock
from souk.core.db import Reads
from souk.core.documents import CachedDocuments
from souk.core.idempotency import Idempotency
from souk.core.principal import Principal
from souk.core.unit_of_work import UnitOfWork
from souk.core.wakeups import AsyncWakeups
from souk.core.web import Section
from souk.entrypoints.http.app import attach, create_app
from souk.modules.media.domain import FileAddresses

T = TypeVar("T")
Send = Callable[[dict], Awaitable[None]]

CLIENT_ADDRESS = "203.0.113.7"


class NothingKept:
    """A `Cache` from which everything has vanished."""

    def get(self, _key: str) -> bytes | None:
        return None

    def get_all(self, keys: Sequence[str]) -> list[bytes | None]:
        return [None] * len(keys)

    def put(self, key: str, value: bytes, *, ttl_seconds: int) -> None:
        del key, value, ttl_seconds

    def drop(self, keys: Sequence[str]) -> None:
        del keys


@dataclass
class Assembled:
    """What the application needs of the composition root."""

    routers: tuple[Section, ...]
    services: dict[object, object]
    reads: Reads
    wakeups: AsyncWakeups
    authenticate: Callable[[str], Principal]
    max_body_bytes: int = field(default=65_536)
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    pictures_from: str = ""


# Applications that are not open, by what they were built for: FastAPI looks at every signature
# again for each of them, which takes longer than most tests.
_idle: dict[tuple[object, ...], list[FastAPI]] = {}


def _application(container: Assembled, idle: list[FastAPI]) -> FastAPI:
    if not idle:
        return create_app(container)
    app = idle.pop()
    attach(app, container)
    return app


class Api:
    """A client of the application, open inside a `with` block."""

    def __init__(self, container: Assembled) -> None:
        routers = tuple(map(id, container.routers))
        bounds = container.max_body_bytes, container.trusted_proxies, container.pictures_from
        self._idle = _idle.setdefault((routers, *bounds), [])
        self._app = _application(container, self._idle)
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()

    def __enter__(self) -> "Api":
        self._runner.run(self._open())
        return self

    def __exit__(self, *_failure: object) -> None:
        self._runner.run(self._stack.aclose())
        self._runner.close()
        self._idle.append(self._app)

    def authenticate_as(self, principal: Principal) -> None:
        """From now on every token belongs to this caller."""
        self._app.state.authenticate = lambda _token: principal

    async def _open(self) -> None:
        await self._stack.enter_async_context(self._app.router.lifespan_context(self._app))
        transport = httpx.ASGITransport(
            self._app, raise_app_exceptions=False, client=(CLIENT_ADDRESS, 50_000)
        )
        client = httpx.AsyncClient(transport=transport, base_url="http://api.test")
        self._client = await self._stack.enter_async_context(client)

    def run(self, work: Coroutine[object, object, T]) -> T:
        """Do something in the application's own loop."""
        return self._runner.run(work)

    def __call__(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str | None = None,
        key: str | None = None,
        **headers: str,
    ) -> httpx.Response:
        """One request. `headers` are spelled with underscores."""
        asked = self.request(method, path, body, token=token, key=key, **headers)
        return self._runner.run(asked)

    async def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str | None = None,
        key: str | None = None,
        **headers: str,
    ) -> httpx.Response:
        """The same inside the application's own loop."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            named["Authorization"] = f"Bearer {token}"
        if key is not None:
            named["Idempotency-Key"] = key
        content = {"content": body} if isinstance(body, bytes | AsyncIterable) else {"json": body}
        if body is None:
            content = {}
        if isinstance(body, bytes):
            named.setdefault("Content-Type", "application/json")
        raw = {name: value.encode("latin-1") for name, value in named.items()}
        return await self._client.request(method, path, headers=raw, **content)

    async def pass_on(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str], send: Send
    ) -> None:
        """One request as servers pass it on: `send` gets the answer piece by piece, and the next
        one once it is done with that."""
        arrives = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive() -> dict[str, object]:
            return next(arrives, None) or await asyncio.Future()

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": (CLIENT_ADDRESS, 50_000),
            "server": ("api.test", 80),
        }
        await self._app(scope, receive, send)


def assembled(
    database_url: str,
    uow: UnitOfWork,
    *routers: Section,
    services: dict[object, object],
    authenticate: Callable[[str], Principal],
) -> Assembled:
    """A container of these routers and services beside those of the core."""
    reads = Reads(database_url, max_size=2)
    core = {
        Reads: reads,
        Idempotency: Idempotency(uow),
        CachedDocuments: CachedDocuments(NothingKept()),
        FileAddresses: FileAddresses(SystemClock()),
    }
    return Assembled(routers, {**core, **services}, reads, AsyncWakeups(database_url), authenticate)
