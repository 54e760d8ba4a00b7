"""The stand-ins of `ipfs_server` as tests use them."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from souk.adapters.exchange.server import Server
from souk.embedded import parts
from souk.embedded.anvil import free_port
from souk.embedded.parts import Part
from souk.modules.media.domain import Cid

ROOT = Path(__file__).resolve().parents[2]
KEY = "Bearer a key of ours"


@dataclass(frozen=True, slots=True)
class IpfsWorld:
    """A node, a pinning service and a gateway at one address."""

    url: str
    # It makes no connection under TLS: reading certificates takes longer than a request.
    client: httpx.Client = field(default_factory=lambda: httpx.Client(verify=False, timeout=10))

    def server(self, name: str, *, key: str = KEY, seconds: float = 5) -> Server:
        """As a store is given it."""
        return Server(self.url, name, seconds, {"Authorization": key} if key else {})

    def does(self, what: str, body: bytes = b"", **query: str) -> object:
        """What happens out of sight."""
        answer = self.client.post(f"{self.url}/test/{what}", content=body, params=query)
        return answer.raise_for_status().json()

    def holds(self, cid: Cid, block: bytes) -> None:
        """Whatever the CID says."""
        self.does("hold", block, cid=cid)

    def pinned(self) -> list[str]:
        """What the node keeps."""
        found = self.does("pinned")
        assert isinstance(found, list)
        return found

    def asked(self) -> list[str]:
        """Methods and paths, in order."""
        found = self.does("asked")
        assert isinstance(found, list)
        return [each for each in found if "/test/" not in each]


@contextmanager
def ipfs_world(directory: Path) -> Iterator[IpfsWorld]:
    """A fresh one in a process of its own."""
    port = free_port()
    world = IpfsWorld(f"http://127.0.0.1:{port}")
    command = [sys.executable, "-m", "tests.support.ipfs_server", str(port), KEY]
    part = Part(name="ipfs", command=lambda: command, ready=lambda: _answers(world), directory=ROOT)
    running = parts.start(part, directory / "ipfs.log")
    yield world
    world.client.close()
    running.kill()


def _answers(world: IpfsWorld) -> bool:
    try:
        return world.does("forget") == {}
    except httpx.HTTPError:
        return False
