"""Configuration: read once from the environment, frozen, handed to the composition root.

Nothing below `bootstrap` imports this module. Every variable is listed in README.md; a test
keeps the list and `docker-compose.yml` in step with the fields here.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal, get_args, get_type_hints

from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import NoDecode

from souk.settings.cards import CardSettings, card_settings
from souk.settings.finality import Thresholds, chain_finality, is_finality
from souk.settings.group import Address, Group, listed, parts
from souk.settings.media import ContentSettings, ImageSettings, IpfsSettings, ScannerSettings
from souk.settings.names import EnsSettings, NameSettings, ens_settings

_CHAIN_VARIABLE = re.compile(r"^CHAIN_(?P<chain_id>[1-9][0-9]*)_(?P<kind>RPC|WS)_URLS$")
_SMTP_URL = re.compile(r"^smtps?://[^/\s]+/?$")


def _pairs_of(value: str) -> dict[str, str]:
    """What stands between commas, each a name and its value with `=` between them."""
    pairs = (part.partition("=") for part in parts(value))
    return {name.strip(): given.strip() for name, _, given in pairs}


_Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(listed)]


class HttpSettings(Group):
    """The API process."""

    http_host: str = "127.0.0.1"
    http_port: int = Field(8000, ge=1, le=65535)
    http_workers: int = Field(2, ge=1, le=64)
    public_url: str = "http://127.0.0.1:8000"
    max_body_bytes: int = Field(1_048_576, ge=1024)
    trusted_proxies: _Networks = ()
    metrics_networks: Annotated[_Networks | None, NoDecode] = None


class DatabaseSettings(Group):
    """PostgreSQL, with a libpq URL."""

    database_url: SecretStr
    database_pool_size: int = Field(10, ge=1, le=200)


class RedisSettings(Group):
    """Redis: queues, cache, rate limits."""

    redis_url: SecretStr


# Where the makers of Coinbase's wallets (1.0 and 1.1) and of Safe's (1.4.1) stand on every chain.
_WALLET_FACTORIES = (
    "0x0BA5ED0c6AA8c49038F819E587E2633c4A9F428a",
    "0xBA5ED110eFDBa3D005bfC882d75358ACBbB85842",
    "0x4e1DCf7AD4e460CfD30791CCC4F9c8a4f820ec67",
)


class SecuritySettings(Group):
    """Secrets of this installation, and who may sign in to it. A wallet that does not stand yet
    signs in when one of the factories would make it (ERC-6492)."""

    secret_key: SecretStr
    secret_keys_before: Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(listed)] = ()
    session_days: int = Field(7, ge=1, le=90)
    sign_in_per_minute: int = Field(60, ge=1)
    api_key_per_minute: int = Field(600, ge=1)
    email_per_hour: int = Field(20, ge=1)
    wallet_factories: Annotated[tuple[Address, ...], NoDecode, BeforeValidator(listed)] = (
        _WALLET_FACTORIES
    )

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value()) < 32:
            raise ValueError("SECRET_KEY needs at least 32 characters")
        return value

    @field_validator("secret_keys_before")
    @classmethod
    def _each_long_enough(cls, values: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(value.get_secret_value()) < 32 for value in values):
            raise ValueError("each of SECRET_KEYS_BEFORE has at least 32 characters")
        return values


class TradeSettings(Group):
    """Terms of the platform. Addresses are EIP-55; the zero address means none, and without a
    receiver no fee is taken."""

    arbiter_address: str = "0x0000000000000000000000000000000000000000"
    fee_to_address: str = "0x0000000000000000000000000000000000000000"
    fee_bps: int = Field(250, ge=0, le=1000)
    silent_bps: int = Field(5000, ge=0, le=10_000)
    quote_seconds: int = Field(600, ge=600, le=900)
    reservation_seconds: int = Field(900, ge=60)
    native_spread_bps: int = Field(50, ge=0, le=1000)
    price_max_jump_bps: int = Field(500, ge=1, le=10_000)
    price_jump_seconds: int = Field(1_800, ge=1)
    price_most_jump_bps: int = Field(3_000, ge=1, le=10_000)
    price_ahead_seconds: int = Field(120, ge=0)

    @field_validator("fee_to_address")
    @classmethod
    def _is_not_the_arbiters(cls, value: str, info: ValidationInfo) -> str:
        """Who rules on a dispute must gain nothing from ruling for the seller, who pays the fee."""
        arbiter = str(info.data.get("arbiter_address", ""))
        if value.lower() == arbiter.lower() and value.strip("0x"):
            raise ValueError(
                "the arbiter would earn the fee whenever it rules for the seller: name another"
                " address here than in ARBITER_ADDRESS"
            )
        return value


class SellerSettings(Group):
    """How sellers are received. While it is not known who sells, an order from a store comes to so
    many US cents at most; without the limit to anything. Who finds out is the staff, or Stripe. A
    store that has lost its name of ENS cannot change where its money goes for so many hours."""

    seller_starts_as: Literal["approved", "draft"] = "approved"
    seller_unverified_limit: int | None = Field(None, ge=0)
    seller_payouts_need_verification: bool = False
    seller_payout_freeze_hours: int = Field(72, ge=0, le=8_760)
    seller_identity_check: Literal["staff", "stripe"] = "staff"

    @field_validator("seller_identity_check")
    @classmethod
    def _can_ask(cls, value: str) -> str:
        if value == "stripe" and not os.environ.get("STRIPE_SECRET_KEY", "").strip():
            raise ValueError(
                "Stripe checks sellers only with a key: set STRIPE_SECRET_KEY, or have it done by"
                " staff"
            )
        return value


Method = Literal["STRIPE", "CREDIT_CARD", "DEBIT_CARD", "BANK_TRANSFER", "ESCROW", "CRYPTO"]
_Share = Annotated[int, Field(ge=0, le=100)]
_Bounds = Annotated[str, Field(pattern=r"^[0-9]{1,12}-([0-9]{1,12})?$")]


class PaymentSettings(Group):
    """What is allowed of each way to pay. Methods are named as clients name them: those that are
    off, separated by commas; the share of accounts that are offered one, as in
    `CRYPTO=25,BANK_TRANSFER=0`; the least and the most that one takes, in US cents, as in
    `ESCROW=500-250000,CRYPTO=500-`."""

    route_max_fee_bps: int = Field(500, ge=0, le=10_000)
    payment_methods_off: Annotated[tuple[Method, ...], NoDecode] = ()
    payment_rollout: Annotated[Mapping[Method, _Share], NoDecode] = Field(default_factory=dict)
    payment_limits: Annotated[Mapping[Method, _Bounds], NoDecode] = Field(default_factory=dict)

    @field_validator("payment_methods_off", mode="before")
    @classmethod
    def _separated_by_commas(cls, value: object) -> object:
        return parts(value) if isinstance(value, str) else value

    @field_validator("payment_rollout", "payment_limits", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        return _pairs_of(value) if isinstance(value, str) else value


_ChainId = Annotated[int, Field(ge=1)]
_Gwei = Annotated[int, Field(ge=1, le=100_000)]


class KeeperSettings(Group):
    """The keeper's key pays gas for overdue releases and refunds, the relayer's, off by default,
    for payments that their payers have signed. Neither can take money. What they pay for a unit of
    gas is bounded on each chain, in gwei, as in `1=300,8453=5`."""

    keeper_private_key: SecretStr | None = None
    keeper_daily_gas: int = Field(20_000_000, ge=0)
    relayer_private_key: SecretStr | None = None
    relayer_daily_gas: int = Field(10_000_000, ge=0)
    gas_max_gwei: Annotated[Mapping[_ChainId, _Gwei], NoDecode] = Field(default_factory=dict)

    @field_validator("gas_max_gwei", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        return _pairs_of(value) if isinstance(value, str) else value

    @field_validator("relayer_private_key")
    @classmethod
    def _is_not_the_keepers(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """Strangers can have the relayer's gas used up; the keeper must still be able to settle."""
        if value is not None and value == info.data.get("keeper_private_key"):
            raise ValueError("the relayer needs a key of its own, another than KEEPER_PRIVATE_KEY")
        return value


class ChainSettings(Group):
    """How chains are read: how many endpoints have to give a block with money in it before it is
    taken in, where a chain has at least three."""

    chain_quorum: int = Field(2, ge=1, le=9)


class DeployerSettings(Group):
    """The key that `souk deploy` signs with, or the password of the keystore that holds it; no
    other process needs either."""

    deployer_private_key: SecretStr | None = None
    deployer_keystore_password: SecretStr | None = None


class WebhookSettings(Group):
    """Webhooks to merchants. Whoever may name this machine as the receiver can make it speak to
    everything that listens here, so that this is for development alone."""

    webhooks_to_loopback: bool = False


class MailSettings(Group):
    """E-mail to people. Without a server it is written into the state directory."""

    smtp_url: SecretStr | None = None
    mail_from: str = Field("Souk <no-reply@localhost>", pattern=r"^[^\r\n]+$")

    @field_validator("smtp_url")
    @classmethod
    def _names_a_server(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _SMTP_URL.match(value.get_secret_value()):
            raise ValueError("SMTP_URL must be smtp://user:password@host:port, or smtps://")
        return value


# A full name: no address, and none that only a network of one's own knows.
class LogSettings(Group):
    """Logs on standard error, one JSON object a line."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


class PathSettings(Group):
    """Where this installation keeps its files."""

    state_dir: Path = Path(".souk")
    deployments_dir: Path | None = None

    @property
    def deployments(self) -> Path:
        """Directory of `<chain id>.json` files that say which contracts stand where."""
        return self.deployments_dir or self.state_dir / "deployments"


@dataclass(frozen=True, slots=True)
class Settings:
    """All groups, and by its id the addresses of each chain's nodes, and from which amount on its
    payments wait for what. Without `cards` there is no
    card rail, without `ens` no other chain to read names on than one of ours."""

    http: HttpSettings
    database: DatabaseSettings
    redis: RedisSettings
    security: SecuritySettings
    trade: TradeSettings
    payments: PaymentSettings
    keeper: KeeperSettings
    webhooks: WebhookSettings
    mail: MailSettings
    log: LogSettings
    paths: PathSettings
    rpc_urls: Mapping[int, tuple[SecretStr, ...]]
    ws_urls: Mapping[int, tuple[SecretStr, ...]] = field(default_factory=dict)
    finality: Mapping[int, Thresholds] = field(default_factory=dict)
    chains: ChainSettings = field(default_factory=ChainSettings)
    cards: CardSettings | None = None
    ens: EnsSettings | None = None
    sellers: SellerSettings = field(default_factory=SellerSettings)
    images: ImageSettings = field(default_factory=ImageSettings)
    content: ContentSettings = field(default_factory=ContentSettings)
    ipfs: IpfsSettings = field(default_factory=IpfsSettings)
    scanner: ScannerSettings = field(default_factory=ScannerSettings)
    names: NameSettings = field(default_factory=NameSettings)

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read every group. Raises pydantic's `ValidationError`, which names the variable."""
        return cls(
            http=HttpSettings(),
            database=DatabaseSettings(),
            redis=RedisSettings(),
            security=SecuritySettings(),
            trade=TradeSettings(),
            payments=PaymentSettings(),
            keeper=KeeperSettings(),
            webhooks=WebhookSettings(),
            mail=MailSettings(),
            log=LogSettings(),
            paths=PathSettings(),
            chains=ChainSettings(),
            rpc_urls=chain_urls(os.environ, "RPC"),
            ws_urls=chain_urls(os.environ, "WS"),
            finality=chain_finality(os.environ),
            cards=card_settings(),
            ens=ens_settings(),
            sellers=SellerSettings(),
            images=ImageSettings(),
            content=ContentSettings(),
            ipfs=IpfsSettings(),
            scanner=ScannerSettings(),
            names=NameSettings(),
        )


def is_variable(name: str) -> bool:
    """Whether an environment variable of this name is a setting of Souk."""
    return bool(_CHAIN_VARIABLE.match(name)) or is_finality(name) or name in _variables()


def _variables() -> frozenset[str]:
    groups = get_type_hints(Settings)
    return frozenset(
        field.upper()
        for entry in fields(Settings)
        for group in get_args(groups[entry.name]) or (groups[entry.name],)
        for field in getattr(group, "model_fields", {})
    )


def chain_urls(
    environment: Mapping[str, str], kind: Literal["RPC", "WS"]
) -> dict[int, tuple[SecretStr, ...]]:
    """The endpoints named by `CHAIN_<id>_RPC_URLS` or `_WS_URLS` (comma separated), by chain id."""
    found = {}
    for name, value in environment.items():
        match = _CHAIN_VARIABLE.match(name)
        if match and match["kind"] == kind and (urls := tuple(map(SecretStr, parts(value)))):
            found[int(match["chain_id"])] = urls
    return found
