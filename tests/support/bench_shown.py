"""What `scripts/bench shown` runs: how long one payment takes to be shown, kept and not kept, to a
buyer who is signed in, in one process without a network; and what each takes of the processors,
here and in PostgreSQL, which is told apart from whatever else the machine is doing.

    python -m tests.support.bench_shown [--requests N] [--together N]
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from souk.core.documents import CachedDocuments
from souk.embedded import accounts, parts, postgres
from souk.embedded.redis import redis_server
from tests.support.bench import TITLES, Measured
from tests.support.clock import MovableClock
from tests.support.http import NothingKept
from tests.support.shop import Person, Shop, deployed, shop
from tests.support.stack import Databases, chain


@contextmanager
def a_shop(directory: Path) -> Iterator[Shop]:
    """An installation on real parts of its own."""
    directory.chmod(0o711)
    cluster = postgres.cluster(
        directory / "postgres",
        accounts.unprivileged_account(),
        owner_password="owner of the bench",
        password="application",
        options=postgres.THROWAWAY_OPTIONS,
    )
    redis = redis_server(directory / "redis", durable=False)
    running = [
        parts.start(cluster.part(), directory / "postgres.log"),
        parts.start(redis.part(), directory / "redis.log"),
    ]
    try:
        with chain(directory / "anvil.log", ticking=False) as node:
            url = Databases(cluster).migrated()
            state = directory / "state"
            place = (url, redis.url, node, deployed(node), MovableClock(), state)
            with shop(*place) as open_shop:
                yield open_shop
    finally:
        for part in running:
            part.kill()


def a_paid_payment(market: Shop) -> tuple[Person, str]:
    """Of three sellers, so that there is something to compose."""
    buyer = market.person("bruno")
    wanted = [(market.listing(market.seller()), 1) for _ in range(3)]
    placed = market.paid(buyer, *wanted)
    return buyer, placed["payment"]["payment_id"]


def measure(market: Shop, name: str, path: str, buyer: Person, wish: argparse.Namespace) -> None:
    """So many requests, a few at a time; the first ones do not count."""
    measured = Measured(name, 0)

    async def ask(counts: bool) -> None:
        begun = time.perf_counter()
        answer = await market.api.request("GET", path, token=buyer.token)
        if counts:
            measured.took.append(time.perf_counter() - begun)
            measured.refused += answer.status_code != 200

    async def ask_all() -> None:
        for number in range(wish.requests // wish.together):
            await asyncio.gather(*(ask(number > 5) for _ in range(wish.together)))

    begun, here, there = time.perf_counter(), time.process_time(), database_seconds()
    market.api.run(ask_all())
    measured.seconds = time.perf_counter() - begun
    each = wish.requests / 1000
    spent = (time.process_time() - here) / each, (database_seconds() - there) / each
    print(measured.line() + "".join(f"{milliseconds:>10.2f}" for milliseconds in spent))


def database_seconds() -> float:
    """What our PostgreSQL has taken of the processors."""
    times = (one.cpu_times() for one in psutil.Process().children(recursive=True) if is_ours(one))
    return sum(each.user + each.system for each in times)


def is_ours(process: psutil.Process) -> bool:
    """Whether it is one of PostgreSQL's."""
    return process.name().startswith("postgres")


def main(words: list[str]) -> int:
    """Measure both, alternately."""
    parser = argparse.ArgumentParser(prog="scripts/bench shown")
    parser.add_argument("--requests", type=int, default=2_000, help="for each line (2000)")
    parser.add_argument("--together", type=int, default=1, help="at the same time (1)")
    wish = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="souk-s-") as directory, a_shop(Path(directory)) as it:
        buyer, payment_id = a_paid_payment(it)
        path = f"/api/payments/{payment_id}"
        kept = it.container.services[CachedDocuments]
        print(
            f"{'one payment':<48}"
            + " ".join(f"{title:>8}" for title in (*TITLES, "ms here", "ms in PG"))
        )
        for name, documents in 2 * (("kept", kept), ("not kept", CachedDocuments(NothingKept()))):
            it.container.services[CachedDocuments] = documents
            measure(it, name, path, buyer, wish)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
