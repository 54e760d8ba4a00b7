"""The composition root: the only place that knows both what is needed and who provides it."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from contextlib import ExitStack
from urllib.parse import urlsplit

from sqlalchemy import Engine
from sqlalchemy.orm import sessionmaker

from souk.adapters.evm.escrow_gateway import EvmEscrowGateway
from souk.adapters.evm.price_feed import ChainlinkPriceFeed
from souk.adapters.evm.signatures import EthAccountSignatureVerifier
from souk.adapters.redis.connections import connect
from souk.adapters.redis.rate_limiter import RedisRateLimiter
from souk.bootstrap.checks import readiness
from souk.bootstrap.container import Container, Services
from souk.bootstrap.loops import make_loops
from souk.bootstrap.networks import Network, describe, networks
from souk.core.addresses import ZERO_ADDRESS, parse_address
from souk.core.clock import Clock, SystemClock
from souk.core.db import Reads, make_engine
from souk.core.events import HandlerRegistry
from souk.core.idempotency import Idempotency
from souk.core.ids import TimeOrderedIds
from souk.core.pagination import CursorCodec
from souk.core.readiness import ClientConfig, Readiness
from souk.core.unit_of_work import UnitOfWork
from souk.core.wakeups import AsyncWakeups
from souk.modules.accounts import api as accounts_api
from souk.modules.accounts.domain import SignInConfig
from souk.modules.accounts.service import Accounts, SignInGate
from souk.modules.catalog import api as catalog_api
from souk.modules.catalog.service import Catalog
from souk.modules.chain.service import Chains
from souk.modules.ledger.service import Ledger
from souk.modules.orders import api as orders_api
from souk.modules.orders.domain import OrdersConfig
from souk.modules.orders.service import Carts, Orders
from souk.modules.payments import api as payments_api
from souk.modules.payments import handlers as payments_handlers
from souk.modules.payments.domain import EscrowTerms, QuoteTerms
from souk.modules.payments.service import Offers, Parts, Payments, gateways
from souk.modules.sellers import api as sellers_api
from souk.modules.sellers.service import Sellers
from souk.modules.trade import api as trade_api
from souk.modules.trade.domain import OrderPages, TimelineLinks
from souk.modules.trade.service import (
    Books,
    Cancellations,
    Deliveries,
    Expiries,
    Keeper,
    Placements,
)
from souk.settings import Settings, TradeSettings

__all__ = ["Container", "build"]

_ROUTERS = (
    accounts_api.router,
    sellers_api.router,
    catalog_api.router,
    orders_api.router,
    payments_api.router,
    trade_api.router,
)
_NONCE_SECONDS = 600
_REDIS_TIMEOUT_SECONDS = 0.5


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
    reads, wakeups = Reads(database_url), AsyncWakeups(database_url)
    services = _services(settings, uow, engine, found, closing)
    services.update({Clock: wall, Reads: reads, AsyncWakeups: wakeups, UnitOfWork: uow})
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


def _services(
    settings: Settings,
    uow: UnitOfWork,
    engine: Engine,
    found: Mapping[int, Network],
    closing: ExitStack,
) -> Services:
    """Lower modules first; each gets what it needs and nothing else."""
    url = settings.redis.redis_url.get_secret_value()
    redis = connect(url, timeout_seconds=_REDIS_TIMEOUT_SECONDS)
    closing.callback(redis.close)
    chains = Chains(
        uow,
        {chain_id: network.followed for chain_id, network in found.items()},
        daily_gas=settings.keeper.keeper_daily_gas,
    )
    accounts = Accounts(uow, EthAccountSignatureVerifier(), _sign_in(settings, found))
    sellers = Sellers(uow, accounts)
    catalog = Catalog(uow, sellers)
    orders = Orders(catalog, OrdersConfig(settings.trade.reservation_seconds))
    carts, ledger = Carts(uow, catalog), Ledger()
    nodes = {chain_id: network.node for chain_id, network in found.items()}
    money = {chain_id: network.money for chain_id, network in found.items()}
    escrow = EvmEscrowGateway(money, _escrow_terms(settings.trade), nodes)
    prices = ChainlinkPriceFeed(nodes)
    payments = Payments(
        Parts(
            uow=uow,
            orders=orders,
            ledger=ledger,
            chains=chains,
            gateways=gateways(escrow=escrow),
            prices=prices,
            offers=Offers(money, _quote_terms(settings.trade)),
            new_salt=lambda: secrets.token_hex(32),
        )
    )
    limiter = RedisRateLimiter(redis)
    return Services(
        {
            Chains: chains,
            Accounts: accounts,
            SignInGate: SignInGate(limiter, per_minute=settings.security.sign_in_per_minute),
            Sellers: sellers,
            Catalog: catalog,
            Orders: orders,
            Carts: carts,
            Ledger: ledger,
            ChainlinkPriceFeed: prices,
            EvmEscrowGateway: escrow,
            Payments: payments,
            Placements: Placements(uow, orders, carts, payments),
            Deliveries: Deliveries(uow, orders, payments),
            Cancellations: Cancellations(uow, orders, payments),
            Expiries: Expiries(uow, orders, payments),
            Keeper: Keeper(uow, chains, payments),
            Books: Books(uow, ledger),
            Idempotency: Idempotency(uow),
            CursorCodec: CursorCodec(_secret(settings, "cursors")),
            TimelineLinks: TimelineLinks(_secret(settings, "timelines")),
            OrderPages: OrderPages({c: n.deployment.confirmations for c, n in found.items()}),
            ClientConfig: ClientConfig({"chains": describe(found)}),
            Readiness: readiness(engine, redis.ping, uow, chains, found),
        }
    )


def _sign_in(settings: Settings, found: Mapping[int, Network]) -> SignInConfig:
    return SignInConfig(
        domain=urlsplit(settings.http.public_url).netloc,
        uri=settings.http.public_url,
        chain_ids=tuple(sorted(found)) or tuple(sorted(settings.rpc_urls)),
        session_days=settings.security.session_days,
        nonce_seconds=_NONCE_SECONDS,
    )


def _escrow_terms(trade: TradeSettings) -> EscrowTerms:
    """The contract refuses a fee that nobody receives, so without a receiver there is none."""
    fee_to = parse_address(trade.fee_to_address)
    return EscrowTerms(
        arbiter=parse_address(trade.arbiter_address),
        fee_to=fee_to,
        fee_bps=0 if fee_to == ZERO_ADDRESS else trade.fee_bps,
        silent_bps=trade.silent_bps,
    )


def _quote_terms(trade: TradeSettings) -> QuoteTerms:
    return QuoteTerms(quote_seconds=trade.quote_seconds, native_spread_bps=trade.native_spread_bps)


def _secret(settings: Settings, purpose: str) -> bytes:
    """A key of its own for each purpose, all from the one secret."""
    master = settings.security.secret_key.get_secret_value().encode()
    return hmac.digest(master, purpose.encode(), hashlib.sha256)
