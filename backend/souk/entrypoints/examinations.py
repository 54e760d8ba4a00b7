"""The checks of `souk doctor`, each of one dependency."""

import re
import shutil
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psycopg
from eth_utils.crypto import keccak
from pydantic import SecretStr, ValidationError
from redis.exceptions import RedisError
from sqlalchemy.orm import sessionmaker

from souk.adapters.evm import registry
from souk.adapters.evm.registry import Deployment
from souk.adapters.evm.rpc import JsonRpcClient, RpcResult
from souk.adapters.redis.connections import connect
from souk.bootstrap.cards import CardProvider
from souk.bootstrap.media import malware_scanner, say_scanner
from souk.core import migrations
from souk.core.clock import SystemClock
from souk.core.db import make_engine
from souk.core.errors import ProviderRefusesUs, ProviderUnavailable
from souk.core.ids import TimeOrderedIds
from souk.core.unit_of_work import UnitOfWork
from souk.embedded import anvil, postgres, redis
from souk.entrypoints.diagnosis import Unwell
from souk.modules.chain.domain.endpoints import quorum_of
from souk.modules.media.domain import MAX_UPLOAD_BYTES
from souk.modules.media.service import Overview
from souk.settings import Settings
from souk.settings.cards import CardSettings
from souk.settings.media import ScannerSettings

_OLDEST_PYTHON = (3, 11)
_OLDEST_POSTGRES = 150_000
_OLDEST_REDIS = (6, 2)
_LEAST_FREE_BYTES = 1024**3
_MOST_SKEW_SECONDS = 120
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)( ;)?")
_SET_UP = "run scripts/run (or scripts/test), which installs what the lock file says"


def python() -> str:
    """The interpreter is new enough."""
    said = f"Python {sys.version.split()[0]}"
    if sys.version_info < _OLDEST_PYTHON:
        raise Unwell(said, "install Python 3.11 or newer, remove .venv and run scripts/run")
    return said


def packages(lock: Path) -> str:
    """Every package has the version of the lock file."""
    if not lock.exists():
        return "no lock file here; the packages are as they were installed"
    pins = [match for line in lock.read_text().splitlines() if (match := _PINNED.match(line))]
    wrong = [match[1] for match in pins if not _is_installed(match[1], match[2], bool(match[3]))]
    if wrong:
        raise Unwell(f"not as locked: {', '.join(wrong[:8])}", _SET_UP)
    return f"{len(pins)} packages as locked"


def _is_installed(name: str, wanted: str, conditional: bool) -> bool:
    try:
        return version(name) == wanted
    except PackageNotFoundError:
        # A conditional one is for another platform or Python.
        return conditional


def programs(contracts: Path) -> str:
    """The binaries of the embedded parts are there."""
    found = []
    for name, find in (
        ("PostgreSQL", postgres.installation),
        ("Redis", redis.program),
        ("anvil", lambda: anvil.program(contracts)),
    ):
        try:
            find()
        except (postgres.PostgresMissing, redis.RedisMissing, anvil.AnvilMissing) as missing:
            raise Unwell(str(missing), _SET_UP) from missing
        found.append(name)
    return f"{', '.join(found)} at hand"


def settings(load: Callable[[], Settings]) -> str:
    """The environment holds every setting that the processes need."""
    try:
        known = load()
    except ValidationError as error:
        names = sorted({str(fault["loc"][0]).upper() for fault in error.errors() if fault["loc"]})
        raise Unwell(
            f"missing or wrong: {', '.join(names)}",
            "start everything here with scripts/run, or set these variables (README.md)",
        ) from None
    return f"complete; chains {', '.join(map(str, known.rpc_urls)) or 'none'}"


def disk(state: Path) -> str:
    """There is room for the data."""
    place = next(path for path in (state, *state.parents) if path.exists())
    free = shutil.disk_usage(place).free
    said = f"{free / 1024**3:.1f} GiB free at {place}"
    if free < _LEAST_FREE_BYTES:
        raise Unwell(said, "make room: the database stops when the disk is full")
    return said


def database(url: SecretStr) -> str:
    """PostgreSQL answers, is new enough and has this version's schema."""
    try:
        with psycopg.connect(url.get_secret_value(), connect_timeout=3) as connection:
            number = connection.info.server_version
    except psycopg.Error as error:
        raise Unwell(
            f"cannot be reached ({type(error).__name__})",
            "check DATABASE_URL and that the server runs; the embedded one: logs/postgres.log",
        ) from None
    said = f"PostgreSQL {number // 10_000}.{number % 10_000}"
    if number < _OLDEST_POSTGRES:
        raise Unwell(said, "use PostgreSQL 15 or newer")
    return f"{said}, {_schema(url)}"


def _schema(url: SecretStr) -> str:
    engine = make_engine(url.get_secret_value(), pool_size=1)
    try:
        here, wanted = migrations.pending(engine)
    finally:
        engine.dispose()
    if here != wanted:
        raise Unwell(f"schema at {here or 'nothing'}, needed {wanted}", "run souk migrate")
    return f"schema {here}"


def queue(url: SecretStr) -> str:
    """Redis answers and is new enough."""
    client = connect(url.get_secret_value(), timeout_seconds=3)
    try:
        server = client.info("server")
        number = str(server["redis_version"])  # type: ignore[index]  # typed for async as well
    except (RedisError, OSError) as error:
        raise Unwell(
            f"cannot be reached ({type(error).__name__})",
            "check REDIS_URL and that the server runs; the embedded one: logs/redis.log",
        ) from None
    finally:
        client.close()
    if tuple(int(part) for part in number.split(".")[:2]) < _OLDEST_REDIS:
        raise Unwell(f"Redis {number}", "use Redis 6.2 or newer")
    return f"Redis {number}"


def cards(known: CardSettings) -> str:
    """The card provider answers and accepts the key."""
    try:
        said = CardProvider(known).say()
    except ProviderRefusesUs as error:
        raise Unwell(error.detail, "check STRIPE_SECRET_KEY") from None
    except ProviderUnavailable:
        raise Unwell(
            "does not answer",
            "check the way to Stripe, or STRIPE_API_BASE; the sandbox: logs/stripe-sandbox.log",
        ) from None
    return f"{said}; webhooks under {len(known.stripe_webhook_secrets)} secrets"


def scanner(known: ScannerSettings) -> str:
    """The scanner for malware answers, if there is to be one."""
    try:
        return say_scanner(malware_scanner(known, max_bytes=MAX_UPLOAD_BYTES))
    except ProviderUnavailable as error:
        raise Unwell(
            error.detail, "check CLAMAV_URL and that clamd runs; until then no picture is taken"
        ) from None


def pins(url: SecretStr) -> str:
    """Nobody was asked in vain to keep blocks."""
    engine = make_engine(url.get_secret_value(), pool_size=1)
    try:
        uow = UnitOfWork(sessionmaker(engine), SystemClock(), TimeOrderedIds())
        counts = Overview(uow).count_not_kept()
    finally:
        engine.dispose()
    if counts.failing:
        raise Unwell(
            str(counts),
            "check KUBO_RPC_URL, PINNING_SERVICE_URL and IPFS_GATEWAYS; image_pin says why",
        )
    return str(counts)


def chain(chain_id: int, url: SecretStr, deployments: Path) -> str:
    """The node answers, serves this chain at about this time, and our contracts stand there."""
    client = JsonRpcClient(url.get_secret_value(), label=f"chain {chain_id}", timeout_seconds=3)
    try:
        return _chain(client, chain_id, registry.find(deployments, chain_id))
    except ProviderUnavailable as error:
        raise Unwell(
            error.detail,
            f"check CHAIN_{chain_id}_RPC_URLS and that the node runs; the embedded one:"
            " logs/anvil.log",
        ) from None
    finally:
        client.close()


def endpoints(count: int, quorum: int) -> str:
    """Whose word counts on a chain; one endpoint will do, and is then believed alone."""
    if count == 1:
        return "single mode: one endpoint's word counts alone; name others beside it, with commas"
    needed = quorum_of(count, quorum)
    if needed == 1:
        return f"{count} endpoints, of which one's word counts alone"
    return f"{count} endpoints, of which {needed} have to agree on each block"


def _chain(client: JsonRpcClient, chain_id: int, deployment: Deployment | None) -> str:
    serves = int(_asked(client, "eth_chainId"), 16)
    if serves != chain_id:
        raise Unwell(
            f"the node serves chain {serves}",
            f"point CHAIN_{chain_id}_RPC_URLS at chain {chain_id}",
        )
    deploy = "run souk deploy"
    if chain_id != anvil.CHAIN_ID:
        deploy += f" NETWORK, a table of the networks file that describes chain {chain_id}"
    if deployment is None:
        raise Unwell("no contracts are recorded", deploy)
    again = "run souk deploy" if deployment.disposable else "wait until the node has caught up"
    token_addresses = [token.address for token in deployment.tokens]
    for address in (deployment.escrow.address, *token_addresses):
        code = _asked(client, "eth_getCode", address, "latest")
        if code == "0x":
            raise Unwell(f"no code at {address}", again)
        if address == deployment.escrow.address and _code_hash(code) != deployment.escrow.code_hash:
            raise Unwell(f"other code than recorded at {address}", "souk deploy --check tells more")
    return f"contracts stand, {_clock(client, deployment)}"


def _code_hash(code: str) -> str:
    """The keccak-256 of code as a node gives it."""
    return "0x" + keccak(hexstr=code).hex()


def _clock(client: JsonRpcClient, deployment: Deployment) -> str:
    block = client.ask("eth_getBlockByNumber", "latest", False)
    if not isinstance(block, RpcResult) or not isinstance(block.value, dict):
        raise Unwell("the node does not know its newest block", "wait until it has caught up")
    ahead = round(int(str(block.value["timestamp"]), 16) - time.time())
    said = f"block {int(str(block.value['number']), 16)}, clock {ahead:+d} s"
    # Stories move a disposable chain's clock ahead; one that stands behind makes no blocks.
    if ahead < -_MOST_SKEW_SECONDS or (ahead > _MOST_SKEW_SECONDS and not deployment.disposable):
        raise Unwell(said, "wait until the node has caught up, and check this machine's clock")
    return said


def _asked(client: JsonRpcClient, method: str, *params: object) -> str:
    answer = client.ask(method, *params)
    if not isinstance(answer, RpcResult):
        raise Unwell(f"the node refuses {method}", "use a node that serves the standard methods")
    return str(answer.value)
