"""The sandbox as an application: API, pages, controls, and the courier that runs beside them."""

import asyncio

from granian.rsgi import HTTPProtocol, Scope  # type: ignore[attr-defined]  # as in `wire`

from souk.embedded.stripe_sandbox.api import Api
from souk.embedded.stripe_sandbox.controls import Controls
from souk.embedded.stripe_sandbox.courier import Courier
from souk.embedded.stripe_sandbox.faults import Faults
from souk.embedded.stripe_sandbox.pages import Pages
from souk.embedded.stripe_sandbox.wire import Views, serve
from souk.embedded.stripe_sandbox.world import World


class Sandbox:
    """One thread answers all requests, so that each sees the world that the last one left."""

    def __init__(self, world: World) -> None:
        faults = Faults()
        self._world = world
        self._courier = Courier(world, faults)
        self._views: Views = {
            **Api(world, faults).views(),
            **Pages(world).views(),
            **Controls(world, faults, self._courier).views(),
        }
        self._task: asyncio.Task[None] | None = None

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._task = loop.create_task(self._courier.run())

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._task is not None:
            self._task.cancel()

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        await serve(self._views, self._world.store.written, scope, protocol)
