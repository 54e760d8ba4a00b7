"""What the API has beyond a worker. A file of its own, so that no worker waits for the web
framework to load."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from fastapi import APIRouter

from souk.adapters.redis.connections import connect
from souk.adapters.redis.rate_limiter import RedisRateLimiter
from souk.bootstrap import build
from souk.bootstrap.checks import readiness
from souk.bootstrap.container import Container
from souk.bootstrap.networks import describe
from souk.core.clock import Clock
from souk.core.db import Reads
from souk.core.principal import Principal
from souk.core.readiness import ClientConfig, Readiness
from souk.core.unit_of_work import UnitOfWork
from souk.core.wakeups import AsyncWakeups
from souk.modules.accounts import api as accounts_api
from souk.modules.accounts.service import Accounts, SignInGate
from souk.modules.catalog import api as catalog_api
from souk.modules.chain.service import Chains
from souk.modules.orders import api as orders_api
from souk.modules.payments import api as payments_api
from souk.modules.payments.service import Offers
from souk.modules.sellers import api as sellers_api
from souk.modules.trade import api as trade_api
from souk.modules.trade.domain import OrderPages
from souk.settings import Settings

_REDIS_TIMEOUT_SECONDS = 0.5
_ROUTERS = (
    accounts_api.router,
    sellers_api.router,
    catalog_api.router,
    orders_api.router,
    payments_api.router,
    trade_api.router,
)


@dataclass(frozen=True, kw_only=True)
class WebContainer(Container):
    """`services` are also what the routers ask for."""

    reads: Reads
    wakeups: AsyncWakeups
    routers: tuple[APIRouter, ...] = _ROUTERS

    @property
    def max_body_bytes(self) -> int:
        """The cap on request bodies."""
        return self.settings.http.max_body_bytes

    @property
    def trusted_proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks whose word on who the client is counts."""
        return self.settings.http.trusted_proxies

    def authenticate(self, token: str) -> Principal:
        """Who a bearer token belongs to. Raises `SessionEnded`."""
        return self.get(Accounts).authenticate(token)


def build_web(settings: Settings, *, clock: Clock | None = None) -> WebContainer:
    """Compose everything for one process of the API. Connects to nothing yet."""
    below = build(settings, clock=clock)
    database = settings.database
    database_url = database.database_url.get_secret_value()
    reads = Reads(database_url, max_size=database.database_pool_size)
    wakeups = AsyncWakeups(database_url)
    watch = trade_api.OrderWatch(reads, wakeups)
    below.services.update({Reads: reads, trade_api.OrderWatch: watch, **_edges(below)})
    return WebContainer(**vars(below), reads=reads, wakeups=wakeups)


def _edges(below: Container) -> Mapping[object, object]:
    redis = connect(below.redis_url, timeout_seconds=_REDIS_TIMEOUT_SECONDS)
    below.closing.callback(redis.close)
    per_minute = below.settings.security.sign_in_per_minute
    found = below.networks
    confirmations = {c: network.deployment.confirmations for c, network in found.items()}
    return {
        SignInGate: SignInGate(RedisRateLimiter(redis), per_minute=per_minute),
        OrderPages: OrderPages(confirmations),
        ClientConfig: ClientConfig(
            {"chains": describe(found), "methods": below.get(Offers).rules.describe()}
        ),
        Readiness: readiness(below.engine, redis.ping, below.get(UnitOfWork), below.get(Chains)),
    }
