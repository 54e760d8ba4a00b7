"""The stores, each with a way to bring about what happens out of its sight."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from souk.adapters.ipfs.directory import DirectoryPinStore
from souk.adapters.ipfs.gateways import GatewayBlockSource
from souk.adapters.ipfs.ipfs_http_client import IpfsHttpClientRpc
from souk.adapters.ipfs.kubo import KuboPinStore, KuboRpc
from souk.adapters.ipfs.pinning_service import RemotePinStore
from souk.core.clock import SystemClock
from souk.modules.media.domain import Cid, compute_cid
from souk.modules.media.ports import PinStore
from tests.support.environments import make_importable
from tests.support.ipfs_world import IpfsWorld, ipfs_world

ORIGINS = ("/dns4/node.example/tcp/4001/p2p/12D3KooWEqnTdgqHnkkwarSrJjeMP2ZJiADWLYADaNvUb6SQNyPF",)
EXTRA = pytest.param("ipfshttpclient", marks=pytest.mark.deep)
SERVERS = ["kubo", "pinning-service", EXTRA]


def a_block(text: bytes = b"a picture") -> tuple[Cid, bytes]:
    return compute_cid(text), text


@dataclass
class Made:
    """A store; `again` is the same after a restart. `offer` has a block found by whoever fetches
    it, `settle` lets the target finish what it has begun. `hold` makes it hold other bytes than it
    should under a CID, and `lose` none."""

    store: PinStore
    again: Callable[[], PinStore]
    hold: Callable[[Cid, bytes], object]
    lose: Callable[[Cid], object]
    offer: Callable[[bytes], object] = lambda _block: None
    settle: Callable[[], object] = lambda: None

    def add(self, block: bytes) -> Cid:
        """Added, and as far as it ever gets."""
        self.offer(block)
        cid = compute_cid(block)
        self.store.add(cid, block)
        self.settle()
        return cid


@pytest.fixture(scope="session")
def _world(stack_directory: Path) -> Iterator[IpfsWorld]:
    with ipfs_world(stack_directory) as world:
        yield world


@pytest.fixture
def world(_world: IpfsWorld) -> IpfsWorld:
    """With nothing in it."""
    _world.does("forget")
    return _world


def server_store(kind: str, server, source=None) -> PinStore:
    """A store that speaks to this server."""
    if kind == "pinning-service":
        source = source or GatewayBlockSource([server], SystemClock())
        return RemotePinStore(server, source, origins=ORIGINS)
    if kind == "ipfshttpclient":
        make_importable(kind)
        return KuboPinStore(IpfsHttpClientRpc(server))
    return KuboPinStore(KuboRpc(server))


def in_directory(root: Path) -> Made:
    """Files, and what happens to them."""

    def path(cid: Cid) -> Path:
        return next(root.glob(f"*/{cid}"))

    def hold(cid: Cid, block: bytes) -> None:
        path(cid).chmod(0o600)
        path(cid).write_bytes(block)

    return Made(
        DirectoryPinStore(root), lambda: DirectoryPinStore(root), hold, lambda c: path(c).unlink()
    )


def at_server(kind: str, world: IpfsWorld) -> Made:
    """The stand-ins."""
    made = Made(
        server_store(kind, world.server(kind)),
        lambda: server_store(kind, world.server(kind)),
        world.holds,
        lambda cid: world.does("lose", cid=cid),
    )
    if kind == "pinning-service":
        made.offer = lambda block: world.does("have", block)
        made.settle = lambda: world.does("fetch")
    return made


@pytest.fixture(params=["directory", *SERVERS])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Made:
    """Each of them, empty."""
    if request.param == "directory":
        return in_directory(tmp_path / "deep" / "blocks")
    return at_server(request.param, request.getfixturevalue("world"))
