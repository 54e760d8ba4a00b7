"""What `scripts/bench watcher` runs: how fast the watcher takes in what it has missed, how soon it
takes in what is new, and what it holds in memory.

    python -m tests.support.bench_watcher [catch-up] [latency] [memory] [--rounds N]

Machines are noisy, so that ratios count: the watcher and bare psycopg write the same rows in turns,
into the same tables, and what is compared are the turns that follow each other.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from statistics import median

import psutil
from sqlalchemy.orm import sessionmaker

from souk.adapters.evm.log_source import NodeLogSource
from souk.core.clock import SystemClock
from souk.core.db import make_engine
from souk.core.garbage import keep_what_is_loaded
from souk.core.ids import TimeOrderedIds
from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.domain import Outcome
from souk.modules.chain.service import Chains
from souk.modules.chain.service.watching import LOGS_A_COMMIT
from tests.support.bench_payments_shop import Database, stocked
from tests.support.bench_watcher_floor import Floor, emptied
from tests.support.bench_watcher_latency import measure_latency
from tests.support.chain_builders import CHAIN_ID, a_node, chains_of

PARTS = ("catch-up", "latency", "memory")
BLOCKS, EVENTS = 200, 100
EVENTS_A_SECOND, LEAST_OF_FLOOR = 5_000, 0.3
MOST_MEMORY = 1.2


@contextmanager
def canned_node(blocks: int, events: int) -> Iterator[str]:
    """The address of a node whose answers are written already, in a process of its own."""
    words = [sys.executable, "-m", "tests.support.bench_watcher_node", str(blocks), str(events)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()


@contextmanager
def watching(database_url: str, node_url: str) -> Iterator[tuple[Chains, UnitOfWork]]:
    """The service over one node, and what it writes with."""
    with ExitStack() as closing:
        engine = make_engine(database_url, pool_size=2)
        closing.callback(engine.dispose)
        uow = UnitOfWork(sessionmaker(engine), SystemClock(), TimeOrderedIds())
        node = closing.enter_context(a_node(node_url))
        yield chains_of(uow, NodeLogSource(node), start_block=1, disposable=False), uow


def catch_up(rounds: int) -> bool:
    """Take in a history full of payments, all of it final; whether that was fast enough."""
    ratios, fastest = [], 0.0
    with stocked() as database, canned_node(BLOCKS, EVENTS) as node_url:
        for _ in range(rounds):
            rate = _take_in(database, node_url)
            ceiling = Floor(database.url).write(LOGS_A_COMMIT)
            ratios.append(rate / ceiling)
            fastest = max(fastest, rate)
            print(f"  watcher {rate:7.0f} events/s, psycopg {ceiling:7.0f}: {ratios[-1]:.2f}")
    well = fastest >= EVENTS_A_SECOND and median(ratios) >= LEAST_OF_FLOOR
    print(f"catch-up: fastest {fastest:.0f} events/s (at least {EVENTS_A_SECOND}),", end=" ")
    print(f"{median(ratios):.2f} of psycopg (at least {LEAST_OF_FLOOR})")
    return well


def _take_in(database: Database, node_url: str) -> float:
    emptied(database.url)
    used, ours = database.core_seconds(), time.process_time()
    with watching(database.url, node_url) as (chains, _):
        begun = time.perf_counter()
        done = chains.advance(CHAIN_ID)
        lasted = time.perf_counter() - begun
    assert done.outcome is Outcome.CAUGHT_UP, done
    count = BLOCKS * EVENTS
    ours, used = time.process_time() - ours, database.core_seconds() - used
    print(f"  processor: watcher {1e6 * ours / count:.0f} us an event,", end=" ")
    print(f"PostgreSQL {1e6 * used / count:.0f}", end=";")
    return count / lasted


def memory() -> bool:
    """Follow a long chain without anything of ours; whether memory stays as it was."""
    held = {}
    with stocked() as database, canned_node(1_000_000, 0) as node_url:
        emptied(database.url)
        with watching(database.url, node_url) as (chains, uow):
            for height in (100_000, 1_000_000):
                held[height] = _most_held(chains, uow, height)
                print(f"  at block {height}: {held[height] / 2**20:.0f} MiB")
    ratio = held[1_000_000] / held[100_000]
    print(f"memory: {ratio:.2f} times as much at block 1000000 (at most {MOST_MEMORY})")
    return ratio <= MOST_MEMORY


def _most_held(chains: Chains, uow: UnitOfWork, height: int) -> int:
    """The most that was resident between turns, until this block was taken in."""
    process, most = psutil.Process(), 0

    def below() -> bool:
        nonlocal most
        most = max(most, process.memory_info().rss)
        with uow.begin() as tx:
            head = chains.head(tx, CHAIN_ID)
        return head is None or head.number < height

    while below():
        chains.advance(CHAIN_ID, budget_seconds=60, keep_on=below)
    return most


def main(words: Sequence[str]) -> int:
    """Measure what was asked for; 1 when something is worse than it may be."""
    parser = argparse.ArgumentParser(prog="scripts/bench watcher", description="Measure it.")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="which (all)")
    parser.add_argument("--rounds", type=int, default=3, help="of catching up (3)")
    wish = parser.parse_args(words)
    chosen = wish.parts or PARTS
    # As a worker does.
    keep_what_is_loaded()
    well = True
    if "catch-up" in chosen:
        well &= catch_up(wish.rounds)
    if "latency" in chosen:
        well &= measure_latency()
    if "memory" in chosen:
        well &= memory()
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
