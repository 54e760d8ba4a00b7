"""What the API has beyond a worker. A file of its own, so that no worker waits for the web
framework to load."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Network, IPv6Network
from urllib.parse import urlsplit

from souk.adapters.ens.normaliser import EnsipNormaliser
from souk.adapters.images.cleaner import SandboxedImageCleaner
from souk.adapters.prometheus.metrics import PrometheusMetrics
from souk.adapters.redis.cache import RedisCache
from souk.adapters.redis.connections import connect
from souk.adapters.redis.rate_limiter import RedisRateLimiter
from souk.bootstrap import build
from souk.bootstrap.cards import CardProvider
from souk.bootstrap.checks import endpoints_now, followed_now, readiness
from souk.bootstrap.container import Container
from souk.bootstrap.media import Kept, malware_scanner, say_pins, say_scanner
from souk.bootstrap.names import NameReading
from souk.bootstrap.networks import describe
from souk.core.clock import Clock, SystemClock
from souk.core.db import Reads
from souk.core.metrics import Metrics, MetricsNetworks, Readings
from souk.core.principal import Principal
from souk.core.readiness import ClientConfig, Readiness
from souk.core.unit_of_work import UnitOfWork
from souk.core.uploads import UploadBounds, Uploads
from souk.core.wakeups import AsyncWakeups
from souk.core.web import Section
from souk.modules.accounts import api as accounts_api
from souk.modules.accounts.service import Accounts, EmailGate, KeyGate, SignInGate
from souk.modules.analytics import api as analytics_api
from souk.modules.books import api as books_api
from souk.modules.catalog import api as catalog_api
from souk.modules.chain.service import Chains
from souk.modules.evidence import api as evidence_api
from souk.modules.media import api as media_api
from souk.modules.media.domain import MAX_REQUEST_BYTES, MAX_UPLOAD_BYTES
from souk.modules.media.ports import MalwareScanner
from souk.modules.media.service import ImageRules, Images, Overview, Sealing
from souk.modules.names import api as names_api
from souk.modules.names.service import Avatars, LookupGate, Lookups, Verifications
from souk.modules.orders import api as orders_api
from souk.modules.payments import api as payments_api
from souk.modules.payments.service import Offers, RailHealth
from souk.modules.sellers import api as sellers_api
from souk.modules.sellers.service import Sellers
from souk.modules.trade import api as trade_api
from souk.modules.trade.domain import OrderPages
from souk.modules.webhooks import api as webhooks_api
from souk.modules.webhooks.service import ResendGate
from souk.settings import Settings

_REDIS_TIMEOUT_SECONDS = 0.5
_RESENDS_PER_MINUTE = 30
_LOOKUPS_PER_MINUTE = 60
# Routes are looked at in this order: what is asked for most comes first.
_ROUTERS = (
    media_api.router,
    accounts_api.router,
    sellers_api.router,
    names_api.router,
    catalog_api.router,
    orders_api.router,
    payments_api.router,
    trade_api.router,
    evidence_api.router,
    books_api.router,
    webhooks_api.router,
    analytics_api.router,
)


@dataclass(frozen=True, kw_only=True)
class WebContainer(Container):
    """`services` are also what the routers ask for."""

    reads: Reads
    wakeups: AsyncWakeups
    routers: tuple[Section, ...] = _ROUTERS

    @property
    def max_body_bytes(self) -> int:
        """The cap on request bodies."""
        return self.settings.http.max_body_bytes

    @property
    def trusted_proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks whose word on who the client is counts."""
        return self.settings.http.trusted_proxies

    @property
    def pictures_from(self) -> str:
        """The origin that pages may show pictures of beside their own; empty without one."""
        base_url = self.settings.images.cdn_base_url
        parts = urlsplit(base_url or "")
        return f"{parts.scheme}://{parts.netloc}" if base_url else ""

    def authenticate(self, token: str) -> Principal:
        """Who a bearer token belongs to. Raises `SessionEnded`, `KeyEnded`, `TooManyRequests`."""
        principal = self.get(Accounts).authenticate(token)
        self.get(KeyGate).admit(principal)
        return principal


def build_web(settings: Settings, *, clock: Clock | None = None) -> WebContainer:
    """Compose everything for one process of the API. Connects to nothing yet."""
    wall = clock or SystemClock()
    below = build(settings, clock=wall)
    database = settings.database
    database_url = database.database_url.get_secret_value()
    reads = Reads(database_url, max_size=database.database_pool_size)
    wakeups = AsyncWakeups(database_url)
    watch = trade_api.OrderWatch(reads, wakeups)
    gauges = books_api.Gauges(reads, wall)
    files = media_api.Files(reads, below.get(Kept).content)
    below.services.update(
        {
            Reads: reads,
            trade_api.OrderWatch: watch,
            Readings: gauges,
            media_api.Files: files,
            **_edges(below),
        }
    )
    return WebContainer(**vars(below), reads=reads, wakeups=wakeups)


def _edges(below: Container) -> Mapping[object, object]:
    redis = connect(below.redis_url, timeout_seconds=_REDIS_TIMEOUT_SECONDS)
    below.closing.callback(redis.close)
    limiter, security = RedisRateLimiter(redis), below.settings.security
    found, cards = below.networks, below.settings.cards
    uow, chains = below.get(UnitOfWork), below.get(Chains)
    say_cards = CardProvider(cards).say if cards else None
    scanner = malware_scanner(below.settings.scanner, max_bytes=MAX_UPLOAD_BYTES)
    said: dict[str, Callable[[], str]] = {
        "malware scanner": partial(say_scanner, scanner),
        "pins": partial(say_pins, below.get(Overview)),
    }
    if say_cards:
        said["cards"] = say_cards
    for chain_id, network in found.items():
        said[f"endpoints {chain_id}"] = partial(
            endpoints_now, uow, chains, chain_id, network.addresses
        )
    confirmations = {c: network.deployment.confirmations for c, network in found.items()}
    return {
        SignInGate: SignInGate(limiter, per_minute=security.sign_in_per_minute),
        EmailGate: EmailGate(limiter, per_hour=security.email_per_hour),
        KeyGate: KeyGate(limiter, per_minute=security.api_key_per_minute),
        LookupGate: LookupGate(limiter, per_minute=_LOOKUPS_PER_MINUTE),
        **_names(below),
        **_pictures(below, scanner),
        ResendGate: ResendGate(limiter, per_minute=_RESENDS_PER_MINUTE),
        Metrics: PrometheusMetrics(),
        MetricsNetworks: MetricsNetworks.of(
            below.settings.http.metrics_networks, below.settings.http.trusted_proxies
        ),
        OrderPages: OrderPages(confirmations),
        ClientConfig: ClientConfig(
            {
                "chains": describe(found),
                "methods": below.get(Offers).rules.describe(),
                "ens": below.get(NameReading).described,
            }
        ),
        Readiness: readiness(below.engine, redis.ping, uow, chains, said),
        RailHealth: RailHealth(
            offers=below.get(Offers), chain=partial(followed_now, uow, chains), cards=say_cards
        ),
    }


def _names(below: Container) -> Mapping[object, object]:
    """Only here, because what brings names into normal form takes long to load."""
    uow, sellers = below.get(UnitOfWork), below.get(Sellers)
    reading = below.get(NameReading)
    service = reading.service
    lookups = Lookups(uow, sellers, EnsipNormaliser(), service)
    verifications = Verifications(uow, below.get(Accounts), sellers, lookups, service)
    avatars = Avatars(lookups, service, reading.avatars, below.get(RedisCache))
    return {Lookups: lookups, Verifications: verifications, Avatars: avatars}


def _pictures(below: Container, scanner: MalwareScanner | None) -> Mapping[object, object]:
    """Only here are pictures taken in, by a process of their own for each of ours."""
    settings = below.settings
    cleaner = SandboxedImageCleaner()
    below.closing.callback(cleaner.close)
    images = Images(
        below.get(UnitOfWork),
        cleaner,
        below.get(Kept).content,
        below.get(Sealing),
        scanner,
        ImageRules(settings.images.images_per_account),
    )
    uploads = Uploads(settings.paths.state_dir / "uploads", UploadBounds(MAX_REQUEST_BYTES))
    return {Images: images, Uploads: uploads}
