"""The composition root: the only place that knows both what is needed and who provides it."""

from contextlib import ExitStack

from sqlalchemy.orm import sessionmaker

from souk.adapters.evm.escrow.gateway import EvmEscrowGateway
from souk.bootstrap.container import Container
from souk.bootstrap.loops import make_loops
from souk.bootstrap.networks import networks
from souk.bootstrap.services import make_services
from souk.core.clock import Clock, SystemClock
from souk.core.db import Reads, make_engine
from souk.core.events import HandlerRegistry
from souk.core.ids import TimeOrderedIds
from souk.core.unit_of_work import UnitOfWork
from souk.core.wakeups import AsyncWakeups
from souk.modules.accounts import api as accounts_api
from souk.modules.catalog import api as catalog_api
from souk.modules.orders import api as orders_api
from souk.modules.payments import api as payments_api
from souk.modules.payments import handlers as payments_handlers
from souk.modules.payments.service import Payments
from souk.modules.sellers import api as sellers_api
from souk.modules.trade import api as trade_api
from souk.settings import Settings

__all__ = ["Container", "build"]

_ROUTERS = (
    accounts_api.router,
    sellers_api.router,
    catalog_api.router,
    orders_api.router,
    payments_api.router,
    trade_api.router,
)


def build(settings: Settings, *, clock: Clock | None = None) -> Container:
    """Compose everything for one process. Connects to nothing yet: each part does at its first
    use, so that a part that is down takes nothing else with it."""
    closing = ExitStack()
    wall = clock or SystemClock()
    database_url = settings.database.database_url.get_secret_value()
    engine = make_engine(database_url, pool_size=settings.database.database_pool_size)
    closing.callback(engine.dispose)
    uow = UnitOfWork(sessionmaker(engine), wall, TimeOrderedIds())
    found = networks(settings, closing)
    reads = Reads(database_url, max_size=settings.database.database_pool_size)
    wakeups = AsyncWakeups(database_url)
    services = make_services(settings, uow, engine, found, closing)
    watch = trade_api.OrderWatch(reads, wakeups)
    services.update({Clock: wall, Reads: reads, trade_api.OrderWatch: watch})
    escrow = services.of(EvmEscrowGateway)
    registry = HandlerRegistry(payments_handlers.subscriptions(services.of(Payments), escrow))
    return Container(
        settings=settings,
        engine=engine,
        reads=reads,
        wakeups=wakeups,
        registry=registry,
        routers=_ROUTERS,
        services=services,
        make_loops=lambda: make_loops(database_url, engine, registry, wall, found, services),
        closing=closing,
    )
