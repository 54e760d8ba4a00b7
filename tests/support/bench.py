"""What `scripts/bench` runs: requests a second, and how long one takes, on a stack of its own.

    python -m tests.support.bench [--url URL] [--seconds N] [--connections N]

The client is a few lines over plain sockets, because a real one would need more of the two cores
than the server it measures.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

import httpx

from tests.support.whole_stack import WholeStack

TITLES = ("a second", "50 % ms", "95 % ms", "99 % ms", "refused")
LISTINGS = "/api/marketplace/products?limit=24"


@dataclass(slots=True)
class Measured:
    """What came of one path."""

    path: str
    seconds: float
    took: list[float] = field(default_factory=list)
    refused: int = 0

    def line(self) -> str:
        """Requests a second, and the half, the slowest twentieth and hundredth in ms."""
        cuts = quantiles(self.took, n=100) if len(self.took) > 1 else [0.0] * 99
        half, slow, slowest = (1000 * cuts[at] for at in (49, 94, 98))
        rate = len(self.took) / self.seconds
        counts = f"{rate:>8.0f} {half:>8.1f} {slow:>8.1f} {slowest:>8.1f} {self.refused:>8}"
        return f"{self.path:<48}{counts}"


async def ask_repeatedly(host: str, port: int, measured: Measured, until: float) -> None:
    """One connection that asks again as soon as it has its answer."""
    reader, writer = await asyncio.open_connection(host, port)
    request = f"GET {measured.path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()
    while (begun := time.perf_counter()) < until:
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r")[0])
        await reader.readexactly(length)
        measured.took.append(time.perf_counter() - begun)
        measured.refused += not head.startswith(b"http/1.1 200")
    writer.close()
    await writer.wait_closed()


async def measure(url: str, path: str, seconds: float, connections: int) -> Measured:
    """Ask for one path over several connections."""
    where, measured = urlsplit(url), Measured(path, seconds)
    until = time.perf_counter() + seconds
    askers = (
        ask_repeatedly(str(where.hostname), where.port or 80, measured, until)
        for _ in range(connections)
    )
    await asyncio.gather(*askers)
    return measured


@contextmanager
def served(url: str | None):
    """The address to measure: the given one, or that of a fresh stack."""
    if url is not None:
        yield url
        return
    with tempfile.TemporaryDirectory(prefix="souk-b-") as directory:
        Path(directory).chmod(0o711)
        stack = WholeStack(Path(directory) / "state")
        try:
            stack.start()
            yield stack.occupant.url
            stack.interrupt()
        finally:
            stack.kill()


def main(words: list[str]) -> int:
    """Measure each path in turn; 1 when a request was refused."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measure the read side.")
    parser.add_argument("--url", help="a stack that runs (without it, one is started)")
    parser.add_argument("--seconds", type=float, default=5, help="how long for each path (5)")
    parser.add_argument("--connections", type=int, default=16, help="at the same time (16)")
    wish = parser.parse_args(words)
    with served(wish.url) as url:
        first = json.loads(httpx.get(f"{url}{LISTINGS}").content)["data"][0]["id"]
        paths = ["/health/live", "/api/config", LISTINGS, f"/api/marketplace/products/{first}"]
        print(f"{'path':<48}" + " ".join(f"{title:>8}" for title in TITLES))
        done = [asyncio.run(measure(url, path, wish.seconds, wish.connections)) for path in paths]
        print("\n".join(one.line() for one in done))
    return 1 if any(one.refused for one in done) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
