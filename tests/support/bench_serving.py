"""What `scripts/bench media` runs first: files a second from `/ipfs/{cid}`, beside the same bytes
from a bare application under the same server, both asked by the same client in the same run.

    python -m tests.support.bench_serving [--seconds N] [--connections N] [--workers N] [--rounds N]

The client keeps its connections and has one request under way on each. It is a loop over plain
sockets, because it shares two cores with what it measures. What counts is what a second of one core
yields: the clock also tells of whatever else runs here.
"""

import argparse
import socket
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from operator import truediv
from pathlib import Path
from statistics import median

import psutil

from souk.embedded import parts
from tests.support.api_process import API, environment_of, program
from tests.support.bench_shown import a_shop
from tests.support.image_parts import noise, saved
from tests.support.pictures import uploaded
from tests.support.shop import Shop

WANTED = 5_000
_HOST = "127.0.0.1"
_ABOUT_BYTES = 20_000
_BLOCK = 64 * 1024


@dataclass
class Line:
    """One kept connection."""

    link: socket.socket
    request: bytes
    buffer: bytearray = field(default_factory=lambda: bytearray(_BLOCK))

    def ask(self) -> None:
        """Send, and do not wait."""
        self.link.sendall(self.request)

    def answer(self) -> int:
        """How long the body was. Raises `AssertionError` when it is no whole file."""
        got = self.link.recv_into(self.buffer)
        while (end := self.buffer.find(b"\r\n\r\n", 0, got)) < 0:
            got += self.link.recv_into(memoryview(self.buffer)[got:])
        head = bytes(self.buffer[:end]).lower()
        assert head.startswith(b"http/1.1 200"), head
        length = int(head.partition(b"content-length:")[2].partition(b"\r")[0])
        missing = end + 4 + length - got
        while missing > 0:
            missing -= self.link.recv_into(self.buffer)
        assert missing == 0, "more came than was announced"
        return length


@dataclass
class Served:
    """A program that serves, and what it managed in each turn: files a second by the clock, and for
    each second that its processes had a core."""

    name: str
    port: int
    running: parts.Running
    rates: list[tuple[float, float]] = field(default_factory=list)

    def turn(self, path: str, seconds: float, connections: int) -> None:
        """Ask it for some time."""
        before, begun = self._core_seconds(), time.perf_counter()
        done = ask(self.port, path, seconds, connections)
        spent = time.perf_counter() - begun
        self.rates.append((done / spent, done / (self._core_seconds() - before)))

    def _core_seconds(self) -> float:
        processes = psutil.Process(self.running.guardian_pid).children(recursive=True)
        return sum(each.cpu_times().user + each.cpu_times().system for each in processes)

    def line(self, floor: "Served") -> str:
        """Both rates, each with the share of the floor's."""
        columns = zip(zip(*self.rates, strict=True), zip(*floor.rates, strict=True), strict=True)
        numbers = (
            f"{median(mine):>10.0f}{median(map(truediv, mine, least)):>8.0%}"
            for mine, least in columns
        )
        return f"{self.name:<34}{''.join(numbers)}"


def ask(port: int, path: str, seconds: float, connections: int) -> int:
    """How many whole answers came."""
    request = f"GET {path} HTTP/1.1\r\nHost: {_HOST}\r\n\r\n".encode()
    with ExitStack() as closing:
        links = [socket.create_connection((_HOST, port), timeout=10) for _ in range(connections)]
        lines = [Line(closing.enter_context(link), request) for link in links]
        for line in lines:
            line.ask()
        begun, done = time.perf_counter(), 0
        while time.perf_counter() - begun < seconds:
            for line in lines:
                line.answer()
                line.ask()
            done += len(lines)
        for line in lines:
            line.answer()
    return done + len(lines)


def a_file(market: Shop) -> Mapping[str, object]:
    """A file of a picture, the one that is nearest to 20 kB."""
    picture = saved(noise(192, 144), "PNG")
    [one] = uploaded(market, market.person("sofia"), picture)
    files: list[dict] = one["image"]["files"]
    return min(files, key=lambda file: abs(file["bytes"] - _ABOUT_BYTES))


def main(words: list[str]) -> int:
    """Measure in turns; 1 when fewer files a second than are wanted were served."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.bench_serving")
    parser.add_argument("--seconds", type=float, default=2, help="how long each turn takes (2)")
    parser.add_argument("--connections", type=int, default=16, help="at the same time (16)")
    parser.add_argument("--workers", type=int, default=1, help="processes that serve (1)")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each (5)")
    wish = parser.parse_args(words)
    workers = ("--workers", str(wish.workers))
    with tempfile.TemporaryDirectory(prefix="souk-m-") as home, a_shop(Path(home)) as market:
        file = a_file(market)
        path, size = str(file["url"]), str(file["bytes"])
        souk = [*API, *workers]
        bare = ["-m", "granian", "--interface", "asgi", "--no-ws", "--no-log", *workers]
        bare += ["tests.support.bench_serving_floor:app"]
        with (
            program(souk, environment_of(market), path) as souk_api,
            program(bare, {"FLOOR_BYTES": size}, path) as application,
        ):
            floor = Served("bare application", *application)
            ours = Served("souk api", *souk_api)
            for _ in range(wish.rounds):
                for each in (floor, ours):
                    each.turn(path, wish.seconds, wish.connections)
    heads = f"{'a second':>10}{'share':>8}{'a core s':>10}{'share':>8}"
    print(f"{'/ipfs of ' + size + ' bytes':<34}{heads}")
    print("\n".join(one.line(floor) for one in (floor, ours)))
    reached = median(by_core for _, by_core in ours.rates) >= WANTED
    print(f"at least {WANTED} a second of one core: {'reached' if reached else 'MISSED'}")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
