"""The sandbox as an application: API, pages, and the courier that runs beside them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from souk.embedded.stripe_sandbox.api import Api
from souk.embedded.stripe_sandbox.deliveries import Courier
from souk.embedded.stripe_sandbox.failures import Refusal
from souk.embedded.stripe_sandbox.faults import Faults
from souk.embedded.stripe_sandbox.pages import Pages
from souk.embedded.stripe_sandbox.world import World


def create_app(world: World) -> Starlette:
    """One thread answers all requests, so that each sees the world that the last one left."""
    faults = Faults()
    courier = Courier(world, faults)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(courier.run())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    return Starlette(
        routes=[
            *Api(world, faults, courier.wake).routes(),
            *Pages(world, faults, courier.wake).routes(),
        ],
        lifespan=lifespan,
        exception_handlers={Refusal: _refuse, 404: _unrecognized, 405: _unrecognized},
    )


async def _refuse(_: Request, refusal: Exception) -> Response:
    if not isinstance(refusal, Refusal):
        raise refusal
    return JSONResponse(refusal.to_json(), refusal.http_status)


async def _unrecognized(request: Request, _: Exception) -> Response:
    path = request.url.path
    refusal = Refusal(f"Unrecognized request URL ({request.method}: {path}).", status=404)
    return JSONResponse(refusal.to_json(), 404)
