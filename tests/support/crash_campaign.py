"""Death at every place that speaks to the outside: which there are, and what came of each blow."""

import multiprocessing
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg
import redis

from souk.adapters.evm import registry
from tests.support.crash_play import Telling, Told, play, read
from tests.support.crash_sites import Blow, Death, Site
from tests.support.crash_world import LAPSE
from tests.support.shop import deployed
from tests.support.stack import Chain, Databases, chain, rewound

# Children of a process that has everything imported and has started no thread.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.support.crash_play"])
_SECONDS = 120
_LATER = 5
_AIMS = 3


@dataclass
class Report:
    """What came of the blows."""

    sites: int
    struck: Counter[Death] = field(default_factory=Counter)
    recovered: Counter[Death] = field(default_factory=Counter)
    missed: list[Blow] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        by_death = ", ".join(
            f"{death}: {self.struck[death]} struck, {self.recovered[death]} recovered"
            for death in Death
        )
        missed = "".join(f"\n  not struck: {blow}" for blow in self.missed)
        failed = "".join(f"\n  NOT RECOVERED: {blow}\n{why}" for blow, why in self.failed.items())
        return f"{self.sites} places; {by_death}{missed}{failed}"


@dataclass(frozen=True)
class Lane:
    """The parts that one story after the other is told with, each from the same beginning."""

    databases: Databases
    redis_url: str
    chain: Chain
    state: Path

    def survey(self) -> Told:
        """Tell the story whole. Raises `AssertionError` when it does not end well."""
        with self._beginning() as telling:
            code = _run(telling)
            assert code == 0, telling.said.read_text()
            return read(telling)

    def strike(self, blow: Blow, report: Report) -> None:
        """Tell the story with a blow in it, and again if that ended it. Some calls come once more
        or less from telling to telling: a blow that met none is dealt to the last there was."""
        aimed = blow
        for _ in range(_AIMS):
            told = self._tell(aimed, report)
            if told is None:
                return
            aimed = replace(blow, occurrence=max(0, told.calls.get(blow.site, 0) - 1))
        report.missed.append(blow)

    def _tell(self, blow: Blow, report: Report) -> Told | None:
        """The story of a blow; what was told if it met nothing."""
        with self._beginning() as telling:
            struck = replace(telling, blow=blow)
            code = _run(struck)
            if code == -signal.SIGKILL:
                _lapse(telling.database_url)
                code = _run(replace(telling, minutes_later=_LATER))
            elif code == 0 and not read(struck).struck:
                return read(struck)
            report.struck[blow.death] += 1
            if code == 0:
                report.recovered[blow.death] += 1
            else:
                report.failed[str(blow)] = _why(telling, code)
            return None

    @contextmanager
    def _beginning(self) -> Iterator[Telling]:
        with redis.Redis.from_url(self.redis_url) as client:
            client.flushdb()
        url = self.databases.migrated()
        telling = Telling(url, self.redis_url, self.chain.node.port, self.state)
        for left in (telling.said, telling.told, telling.memory):
            left.unlink(missing_ok=True)
        try:
            with rewound(self.chain):
                yield telling
        finally:
            self.databases.drop(url)


@contextmanager
def lane(databases: Databases, redis_url: str, directory: Path) -> Iterator[Lane]:
    """A chain with the contracts on it, and nothing else yet."""
    directory.mkdir()
    with chain(directory / "anvil.log", ticking=False) as node:
        registry.save(directory / "deployments", deployed(node))
        yield Lane(databases, redis_url, node, directory)


def blows(told: Told) -> list[Blow]:
    """At each place, at its first and its last call: death before and after, and, where it ends a
    transaction, the loss of the answer."""
    return [
        Blow(site, occurrence, death)
        for site, count in sorted(told.calls.items())
        for occurrence in sorted({0, count - 1})
        for death in _deaths(told, site)
    ]


def _deaths(told: Told, site: Site) -> list[Death]:
    return [*Death] if site in told.ends else [Death.BEFORE, Death.AFTER]


def _run(telling: Telling) -> int:
    process = _PROCESSES.Process(target=play, args=(telling,))
    process.start()
    process.join(_SECONDS)
    if process.exitcode is None:
        process.kill()
        process.join()
        telling.said.write_text(f"it took longer than {_SECONDS} s")
        return 1
    return process.exitcode


def _lapse(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(LAPSE)


def _why(telling: Telling, code: int) -> str:
    return telling.said.read_text() if telling.said.exists() else f"exit code {code}"
