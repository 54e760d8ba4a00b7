"""What `scripts/bench payments` runs: payments a second, beside the same steps written by hand;
first by the use cases alone with a rail that answers at once, then over HTTP with the sandbox.

    python -m tests.support.bench_payments [use-cases] [http] [--seconds N] [--rounds N]

Machines are noisy, so that only ratios count: Souk and the floor pay in turns on one database, a
few seconds each, and what is compared are the turns that follow each other.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from tests.support.bench_payments_shop import BUYERS, Database, stocked
from tests.support.bench_payments_souk import statements_of_a_payment
from tests.support.bench_payments_turns import over_http

ROOT = Path(__file__).resolve().parents[2]
RAILS = ("souk", "floor")
WAYS = ("use-cases", "http")
USE_CASE_RATE = 300
_WARM_SECONDS = 6.0


@dataclass(frozen=True)
class Turn:
    """What came of a few seconds of one rail; all times in seconds. `cores` is what each part has
    used of the processors."""

    took: Sequence[float]
    lasted: float
    cores: Mapping[str, float]

    @property
    def rate(self) -> float:
        """Payments a second, everything delivered."""
        return len(self.took) / self.lasted

    @property
    def cost(self) -> float:
        """Milliseconds of a processor for one payment, of all parts together."""
        return sum(self.cost_of(part) for part in self.cores)

    def cost_of(self, part: str) -> float:
        """The same of one part."""
        return 1000 * self.cores[part] / max(1, len(self.took))


class Process:
    """One process that is measured."""

    def __init__(self, *words: str, root: Path = ROOT) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.bench_payments_work", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=root,
            text=True,
        )

    def tell(self, **line: object) -> None:
        """Say what to do."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()

    def hear(self) -> dict:
        """What came of it."""
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def end(self) -> None:
        """It ends when nothing more is said."""
        self._process.communicate()


class Team:
    """The processes that pay on one rail: buyers, and what delivers."""

    def __init__(self, rail: str, database: Database, processes: int, root: Path = ROOT) -> None:
        self.rail = rail
        self._database = database
        urls = database.url, database.redis_url
        self._buyers = [Process(rail, "buyers", *urls, root=root) for _ in range(processes)]
        self._relay = Process(rail, "relay", *urls, root=root)
        shop = database.shop
        for number, process in enumerate(self._buyers):
            process.tell(buyers=shop.buyers[number::processes], listings=shop.listings)
        for process in self._all:
            process.hear()

    @property
    def _all(self) -> list[Process]:
        return [*self._buyers, self._relay]

    def turn(self, seconds: float) -> Turn:
        """Pay for some seconds, and deliver what was published."""
        begun, used = time.time(), self._database.core_seconds()
        for process in self._all:
            process.tell(until=begun + seconds)
        answers = [process.hear() for process in self._all]
        *buyers, relay = (answer["core"] for answer in answers)
        database = self._database.core_seconds() - used
        took = [each for answer in answers for each in answer.get("took", ())]
        cores = {"buyers": sum(buyers), "relay": relay, "database": database}
        return Turn(took, time.time() - begun, cores)

    def end(self) -> None:
        """Let every process go."""
        for process in self._all:
            process.end()


@contextmanager
def teams(database: Database, processes: int) -> Iterator[Mapping[str, Team]]:
    """One team for each rail, warmed up."""
    found = {rail: Team(rail, database, processes) for rail in RAILS}
    try:
        for team in found.values():
            team.turn(_WARM_SECONDS)
        yield found
    finally:
        for team in found.values():
            team.end()


def report(turns: Mapping[str, Sequence[Turn]]) -> Iterator[str]:
    """Rates and costs for people, and their ratios."""
    for rail, each in turns.items():
        took = [one for turn in each for one in turn.took]
        cuts = quantiles(took, n=100)
        yield (
            f"{rail:<8}{median(turn.rate for turn in each):>8.1f} payments/s"
            f"{median(turn.cost for turn in each):>8.2f} ms of a core each"
            f"   50 % {1000 * cuts[49]:.0f} ms, 99 % {1000 * cuts[98]:.0f} ms"
            f"   ({_parts(each)})"
        )
    pairs = list(zip(turns["souk"], turns["floor"], strict=True))
    faster = median(ours.rate / floor.rate for ours, floor in pairs)
    dearer = median(ours.cost / floor.cost for ours, floor in pairs)
    yield f"souk has {faster:.2f} of the floor's rate, at {dearer:.2f} times its cost"


def _parts(turns: Sequence[Turn]) -> str:
    costs = {part: median(turn.cost_of(part) for turn in turns) for part in turns[0].cores}
    return ", ".join(f"{part} {cost:.2f}" for part, cost in costs.items())


def by_use_cases(wish: argparse.Namespace) -> Iterator[str]:
    """Without HTTP, with a gateway that answers at once."""
    with stocked() as database:
        shop = database.shop
        counted = statements_of_a_payment(database.url, shop.buyers[0], shop.listings[0])
        for name, statements in counted.items():
            yield f"{len(statements):>5} statements in {name}"
        yield f"{sum(map(len, counted.values())):>5} statements of one payment"
        turns: dict[str, list[Turn]] = {rail: [] for rail in RAILS}
        with teams(database, wish.processes) as found:
            for _ in range(wish.rounds):
                for rail, team in found.items():
                    turns[rail].append(team.turn(wish.seconds))
        yield f"{BUYERS} buyers in {wish.processes} processes, {wish.rounds} turns each"
        yield from report(turns)
        best = max(turn.rate for turn in turns["souk"])
        yield f"best {best:.0f} payments/s of {USE_CASE_RATE} that are wanted"


def main(words: list[str]) -> int:
    """Measure and print. 1 when the books do not agree with what was paid."""
    parser = argparse.ArgumentParser(prog="scripts/bench payments", description="Measure payments.")
    parser.add_argument("ways", nargs="*", help="use-cases, http, or both (both)")
    parser.add_argument("--seconds", type=float, default=4, help="how long a turn is (4)")
    parser.add_argument("--rounds", type=int, default=5, help="how many turns each (5)")
    parser.add_argument("--processes", type=int, default=2, help="that call use cases (2)")
    wish = parser.parse_args(words)
    ways = wish.ways or WAYS
    if unknown := set(ways) - set(WAYS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    if "use-cases" in ways:
        for line in by_use_cases(wish):
            print(line, flush=True)
    return over_http(wish.rounds, wish.seconds) if "http" in ways else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
