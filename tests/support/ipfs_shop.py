"""A shop whose pictures are kept by stand-ins of IPFS, and what its operator does about them."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from souk.adapters.evm.registry import Deployment
from souk.bootstrap.media import Kept
from souk.core.clock import SystemClock
from souk.core.db import Reads
from souk.core.metrics import Readings
from souk.entrypoints import cli
from souk.modules.books.api import Gauges
from souk.modules.media.domain import Cid, TargetCounts
from souk.modules.media.service import Overview
from souk.settings import Settings
from souk.settings.media import IpfsSettings
from tests.support.clock import MovableClock
from tests.support.ipfs_world import KEY
from tests.support.shop import Shop, shop
from tests.support.stack import Chain, rewound


def ipfs_settings(
    *, kubo: str | None = None, service: str | None = None, gateways: tuple[str, ...] = ()
) -> IpfsSettings:
    """Stand-ins at these addresses."""
    return IpfsSettings(
        kubo_rpc_url=None if kubo is None else SecretStr(kubo),
        kubo_rpc_authorization=SecretStr(KEY),
        pinning_service_url=None if service is None else SecretStr(service),
        pinning_service_token=SecretStr(KEY.removeprefix("Bearer ")),
        ipfs_gateways=gateways,
    )


@dataclass(frozen=True)
class Parts:
    """What a shop of a test stands on."""

    database_url: str
    redis_url: str
    deployed_chain: tuple[Chain, Deployment]
    state: Path

    @contextmanager
    def shop(self, ipfs: IpfsSettings, clock: MovableClock | SystemClock) -> Iterator[Shop]:
        """One that pins there and counts its gauges each time."""
        shared, deployment = self.deployed_chain
        with ExitStack() as stack:
            node = stack.enter_context(rewound(shared))
            on = (self.database_url, self.redis_url, node, deployment, clock, self.state)
            running = stack.enter_context(shop(*on, ipfs=ipfs))
            reads = running.container.get(Reads)
            running.container.services[Readings] = Gauges(reads, clock, kept_seconds=0)
            yield running


def give_environment(monkeypatch: pytest.MonkeyPatch, known: Settings) -> None:
    """What the shop's own processes would be given."""
    monkeypatch.setenv("DATABASE_URL", known.database.database_url.get_secret_value())
    monkeypatch.setenv("REDIS_URL", known.redis.redis_url.get_secret_value())
    monkeypatch.setenv("SECRET_KEY", known.security.secret_key.get_secret_value())
    monkeypatch.setenv("STATE_DIR", str(known.paths.state_dir))
    for chain_id, urls in known.rpc_urls.items():
        joined = ",".join(url.get_secret_value() for url in urls)
        monkeypatch.setenv(f"CHAIN_{chain_id}_RPC_URLS", joined)
    if known.ipfs.kubo_rpc_url is not None:
        monkeypatch.setenv("KUBO_RPC_URL", known.ipfs.kubo_rpc_url.get_secret_value())
        monkeypatch.setenv("KUBO_RPC_AUTHORIZATION", KEY)
    monkeypatch.setenv("IPFS_GATEWAYS", ",".join(known.ipfs.ipfs_gateways))


@dataclass(frozen=True)
class Operator:
    """Who types commands into the installation of this shop."""

    capsys: pytest.CaptureFixture[str]

    def souk(self, *words: str) -> tuple[int, str]:
        """How `souk media` with these words ended, and what it said."""
        self.capsys.readouterr()
        code = cli.main(["media", *words])
        return code, self.capsys.readouterr().out


@contextmanager
def timers(running: Shop) -> Iterator[None]:
    """The worker of that queue, while the block runs."""
    over = threading.Event()
    loop = running.container.loops["timers"]

    def work() -> None:
        while not over.is_set():
            loop.run(lambda: not over.is_set())

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        over.set()
        worker.join()


def lose(running: Shop, cid: Cid) -> None:
    """The content store has it no more."""
    running.container.get(Kept).content.delete(cid)


def has(running: Shop, cid: Cid) -> bool:
    """Whether the content store has something of that name."""
    return running.container.get(Kept).content.find_size(cid) is not None


def pins_at(running: Shop, target: str) -> TargetCounts:
    """How far a target is."""
    found = running.container.get(Overview).look().pins
    return next((one for one in found if one.target == target), TargetCounts(target, 0, 0, 0, None))


def pinned(running: Shop, image: dict) -> str:
    """What is said of a picture."""
    return running.ask(None, "GET", f"/api/images/{image['ipfs_hash']}").json()["pinned"]


def served(running: Shop, image: dict) -> list[httpx.Response]:
    """Each of its files."""
    return [running.api("GET", f"/ipfs/{cid}") for cid in file_cids(image)]


def file_cids(image: dict) -> list[Cid]:
    """Of its files, each once."""
    return sorted({Cid(file["cid"]) for file in image["files"]})


def sealed_cids(running: Shop) -> list[Cid]:
    """Of the terms that were agreed on, as soon as the worker has sealed some."""
    with running.container.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT cid FROM sealed_document ORDER BY cid")
        return [Cid(cid) for (cid,) in found]


def block(running: Shop, cid: Cid) -> bytes:
    """What the content store has of that name."""
    with running.container.get(Kept).content.open(cid) as content:
        return content.read()
