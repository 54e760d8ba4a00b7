"""The composition root: the only place that knows both what is needed and who provides it."""

from contextlib import ExitStack

from sqlalchemy.orm import sessionmaker

from souk.adapters.evm.escrow.gateway import EvmEscrowGateway
from souk.adapters.redis.cache import RedisCache
from souk.adapters.redis.connections import connect
from souk.bootstrap.chain_tools import chain_tools
from souk.bootstrap.container import Container
from souk.bootstrap.loops import make_loops
from souk.bootstrap.names import name_reading
from souk.bootstrap.networks import networks
from souk.bootstrap.services import make_services
from souk.core.clock import Clock, SystemClock
from souk.core.db import make_engine
from souk.core.documents import CachedDocuments
from souk.core.events import HandlerRegistry
from souk.core.ids import TimeOrderedIds
from souk.core.unit_of_work import UnitOfWork
from souk.modules.names import handlers as names_handlers
from souk.modules.names.service import Notices
from souk.modules.payments import handlers as payments_handlers
from souk.modules.payments.service import Payments, Proving
from souk.modules.webhooks import handlers as webhooks_handlers
from souk.modules.webhooks.service import Announcements
from souk.settings import Settings

__all__ = ["Container", "build"]

_CACHE_TIMEOUT_SECONDS = 0.25


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
    reading = name_reading(settings, found, wall, closing)
    services = make_services(settings, uow, wall, found, reading)
    services[Clock] = wall
    services.update(chain_tools(uow, found, services))
    escrow = services.of(EvmEscrowGateway)
    redis = connect(
        settings.redis.redis_url.get_secret_value(), timeout_seconds=_CACHE_TIMEOUT_SECONDS
    )
    closing.callback(redis.close)
    services[RedisCache] = cache = RedisCache(redis)
    services[CachedDocuments] = documents = CachedDocuments(cache)
    registry = HandlerRegistry(
        [
            *payments_handlers.subscriptions(services.of(Payments), escrow, documents),
            *payments_handlers.proofs(services.of(Proving)),
        ],
        [
            *webhooks_handlers.readers(services.of(Announcements)),
            *names_handlers.readers(services.of(Notices)),
        ],
    )
    return Container(
        settings=settings,
        engine=engine,
        registry=registry,
        networks=found,
        services=services,
        make_loops=lambda: make_loops(database_url, engine, registry, wall, found, services),
        closing=closing,
    )
