"""The ASGI application: routers of every module under one problem format."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import IPv4Network, IPv6Network
from typing import Protocol

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from souk import __version__
from souk.core.db import Reads
from souk.core.principal import Principal
from souk.core.wakeups import AsyncWakeups
from souk.core.web import Section
from souk.entrypoints.http import health, metrics, problems
from souk.entrypoints.http.at_hand import AtHand
from souk.entrypoints.http.measuring import Measured
from souk.entrypoints.http.middleware import Bounds, RequestIds, TrustedProxies
from souk.entrypoints.http.web import pages
from souk.modules.media.api import UPLOAD_PATH
from souk.modules.media.domain import MAX_REQUEST_BYTES

_STREAMED = {UPLOAD_PATH: MAX_REQUEST_BYTES}
_OUT_OF_SCOPE = {"description": "It is an API key that calls, and it lacks the scope for this"}


class Composed(Protocol):
    """What the application needs of the composition root."""

    @property
    def routers(self) -> tuple[Section, ...]:
        """Every module's router."""
        ...

    @property
    def services(self) -> dict[object, object]:
        """Instances by their class."""
        ...

    @property
    def reads(self) -> Reads:
        """The async read side."""
        ...

    @property
    def wakeups(self) -> AsyncWakeups:
        """What wakes the event streams."""
        ...

    @property
    def max_body_bytes(self) -> int:
        """The cap on request bodies."""
        ...

    @property
    def trusted_proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks whose word on who the client is counts."""
        ...

    @property
    def pictures_from(self) -> str:
        """The origin that pages may show pictures of beside their own, or nothing."""
        ...

    def authenticate(self, token: str) -> Principal:
        """Who a bearer token belongs to."""
        ...


def create_app(container: Composed) -> FastAPI:
    """Build the application around a composed container."""

    app = FastAPI(
        title="Souk",
        version=__version__,
        summary="One order and one ledger for cards and crypto.",
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,
    )
    attach(app, container)
    # FastAPI prepares routes when it looks at them, in this order: who asks for the process's
    # health first, as everybody does who starts one, need not wait for all the others.
    for router in (health.router, metrics.router, *container.routers, pages.router):
        app.include_router(router)
    problems.install(app)
    app.add_middleware(Bounds, max_body_bytes=container.max_body_bytes, streamed=_STREAMED)
    app.add_middleware(AtHand)
    app.add_middleware(Measured)
    app.add_middleware(RequestIds, pictures_from=container.pictures_from)
    app.add_middleware(TrustedProxies, networks=container.trusted_proxies)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]  # FastAPI's documented hook
    return app


def attach(app: FastAPI, container: Composed) -> None:
    """Let an application that is not open serve from this container, which has the routers and
    bounds that it was built for."""
    app.state.services = container.services
    app.state.authenticate = container.authenticate
    app.state.reads = container.reads
    app.state.wakeups = container.wakeups


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    reads: Reads = app.state.reads
    wakeups: AsyncWakeups = app.state.wakeups
    await reads.open()
    try:
        async with wakeups.running():
            yield
    finally:
        await reads.close()


def _openapi(app: FastAPI) -> dict[str, object]:
    """The schema, in which every 4xx and 5xx answer is a problem document."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title, version=app.version, summary=app.summary, routes=app.routes
        )
        components = schema.setdefault("components", {}).setdefault("schemas", {})
        components["Problem"] = dict(problems.PROBLEM_SCHEMA)
        for operations in schema["paths"].values():
            for operation in operations.values():
                if "security" in operation:
                    operation["responses"].setdefault("403", dict(_OUT_OF_SCOPE))
                _declare_problems(operation["responses"])
        app.openapi_schema = schema
    return app.openapi_schema


def _declare_problems(responses: dict[str, dict[str, object]]) -> None:
    content = {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    responses.setdefault("500", {"description": "A defect on our side"})
    responses.setdefault("503", {"description": "A part is down; nothing was lost, try again"})
    for status, response in responses.items():
        if status[0] in "45":
            response["content"] = content
