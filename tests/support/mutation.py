"""Whether the tests would notice: the business code is broken in one place at a time, and the tests
that run through that place must turn red.

    scripts/test mutation [--mutants N] [--seed N] [--least PERCENT] [module...]

What breaks the code are mutmut's operators. Texts are left as they are, also those of SQL: a broken
statement is noticed by anybody, and a broken message by nobody. Which mutants are tried is drawn
by the seed, 200 of them unless told otherwise; one through which no test runs counts as survived.
Before anything is broken the same tests must be green, or a red one would say nothing.
"""

import argparse
import ast
import difflib
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from random import Random

import libcst as cst
from coverage import CoverageData
from mutmut.mutation.file_mutation import Mutation, create_mutations

ROOT = Path(__file__).resolve().parents[2]
MODULES = ("payments", "ledger", "chain")
MEASURING = ("unit", "integration", "ports", "simulation")
_TEXTS = (cst.SimpleString, cst.ConcatenatedString, cst.FormattedString)
_COPIED = ("backend", "contracts", "docs", "scripts", "tests", "pyproject.toml", "README.md")
_LINKED = ("contracts/node_modules", "contracts/out", "contracts/cache")
# A mutant meets so many tests at a time, until one of them notices it or it has met the most.
_TESTS_AT_A_TIME, _MOST_TESTS = 60, 300
_SECONDS = 240
_SECONDS_TO_STOP = 20
_WORKERS = 2
_GREEN = 0
# A test failed; or pytest could not even read the tests, which could be read before.
_RED = (1, 2, 4)


class End(StrEnum):
    """What came of a mutant. One that makes a test run for ever is noticed as well."""

    KILLED = "killed"
    TIMED_OUT = "timed out"
    SURVIVED = "survived"


@dataclass(frozen=True)
class Mutant:
    """A file with one change, and the tests that run through it."""

    path: Path
    line: int
    source: str
    changed: str
    tests: tuple[str, ...]

    def describe(self) -> str:
        """Where it is, and what it changes."""
        before, after = self.source.splitlines(), self.changed.splitlines()
        lines = list(difflib.unified_diff(before, after, lineterm="", n=0))[3:]
        return "\n".join([f"{self.path}:{self.line}", *(f"    {line}" for line in lines)])


def measure(folder: Path, modules: Sequence[str]) -> Path:
    """Run the suites once, noting of each line which tests run through it."""
    sources = [f"--cov=souk.modules.{module}" for module in modules]
    kept = folder / "coverage"
    suites = [f"tests/{suite}" for suite in MEASURING]
    subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-n", str(_WORKERS), "--dist", "worksteal"),
            *("--cov-context=test", "--cov-report=", *sources, *suites),
        ],
        cwd=ROOT,
        check=True,
        env={**os.environ, "COVERAGE_FILE": str(kept)},
    )
    return kept


@dataclass(frozen=True)
class Change:
    """One of the changes that could be made to a file."""

    path: Path
    module: cst.Module
    mutation: Mutation

    def made(self, data: CoverageData) -> Mutant | None:
        """The mutant; `None` when it would change what is told to people alone."""
        source = self.path.read_text()
        tree = self.module.deep_replace(self.mutation.original_node, self.mutation.mutated_node)
        assert isinstance(tree, cst.Module)
        line = _changed_line(source, tree.code)
        if line is None or line in _told_to_people(source):
            return None
        contexts = data.contexts_by_lineno(str(self.path)).get(line, [])
        tests = sorted({each.rpartition("|")[0] for each in contexts if each}, key=_cost)
        return Mutant(self.path.relative_to(ROOT), line, source, tree.code, tuple(tests))


def changes(modules: Sequence[str]) -> Iterator[Change]:
    """Every change of the modules' functions."""
    for name in modules:
        for path in sorted((ROOT / "backend/souk/modules" / name).rglob("*.py")):
            module, mutations, _, _ = create_mutations(str(path), path.read_text())
            for one in mutations:
                inside = isinstance(one.contained_by_top_level_function, cst.FunctionDef)
                if inside and not isinstance(one.original_node, _TEXTS):
                    yield Change(path, module, one)


def draw(every: Sequence[Change], measured: Path, count: int, seed: int) -> list[Mutant]:
    """So many mutants by chance."""
    data = CoverageData(str(measured))
    data.read()
    shuffled = Random(seed).sample(every, len(every))
    made = (change.made(data) for change in shuffled)
    return list(islice((mutant for mutant in made if mutant is not None), count))


def _told_to_people(source: str) -> set[int]:
    """The lines of log messages and of what is raised, which no test compares word by word."""
    found: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        logs = (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Call)
            and ast.unparse(node.value.func).startswith("_log.")
        )
        if (logs or isinstance(node, ast.Raise)) and node.end_lineno is not None:
            found |= set(range(node.lineno, node.end_lineno + 1))
    return found


def _changed_line(source: str, changed: str) -> int | None:
    """The first line that differs; `None` when nothing does."""
    pairs = zip(source.splitlines(), changed.splitlines(), strict=False)
    return next((number for number, (a, b) in enumerate(pairs, 1) if a != b), None)


def _cost(test: str) -> tuple[int, str]:
    """Cheap suites first."""
    suite = test.split("/")[1] if "/" in test else ""
    return (MEASURING.index(suite) if suite in MEASURING else len(MEASURING), test)


def _batches(tests: Sequence[str]) -> list[list[str]]:
    """Not more than can be run, in the order in which they are asked: of many, some of each file
    first. Within a batch the cheap ones come first."""
    seen: Counter[str] = Counter()
    ranked = []
    for place, test in enumerate(tests):
        file = test.partition("::")[0]
        seen[file] += 1
        ranked.append((seen[file], place, test))
    picked = sorted(ranked)[:_MOST_TESTS]
    starts = range(0, len(picked), _TESTS_AT_A_TIME)
    batches = [
        sorted(picked[at : at + _TESTS_AT_A_TIME], key=lambda each: each[1]) for at in starts
    ]
    return [[test for _, _, test in batch] for batch in batches]


class Copy:
    """A copy of the tree, in which one file at a time is broken."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        ignored = shutil.ignore_patterns("__pycache__", "node_modules", "out", "cache")
        for name in _COPIED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, folder / name, ignore=ignored)
            else:
                shutil.copy(ROOT / name, folder / name)
        for name in _LINKED:
            if (ROOT / name).exists():
                (folder / name).symlink_to(ROOT / name)

    def require_green(self, mutants: Sequence[Mutant]) -> None:
        """All that will be asked about these mutants, while nothing is broken."""
        batches = [batch for mutant in mutants for batch in _batches(mutant.tests)]
        tests = sorted({test for batch in batches for test in batch})
        if not tests:
            return
        shared = ("-n", str(_WORKERS), "--dist", "worksteal")
        with self._pytest("-q", *shared, *tests) as process:
            if process.wait() != _GREEN:
                sys.exit("tests are red before anything is broken; mend those first")

    def end_of(self, mutant: Mutant) -> End:
        """Whether a test turns red, or never ends."""
        file = self._folder / mutant.path
        file.write_text(mutant.changed)
        try:
            ends = (self._run(batch) for batch in _batches(mutant.tests))
            return next((end for end in ends if end is not End.SURVIVED), End.SURVIVED)
        finally:
            file.write_text(mutant.source)

    def _run(self, tests: Sequence[str]) -> End:
        # In the order in which they are named: the first that fails is the last that runs.
        with self._pytest("-x", "-q", "-p", "no:randomly", *tests, told=subprocess.DEVNULL) as run:
            try:
                code = run.wait(_SECONDS)
            except subprocess.TimeoutExpired:
                _stop(run)
                return End.TIMED_OUT
        if code not in (_GREEN, *_RED):
            raise RuntimeError(f"pytest ended with {code}, which says nothing about the mutant")
        return End.KILLED if code in _RED else End.SURVIVED

    def _pytest(self, *words: str, told: int | None = None) -> "subprocess.Popen[bytes]":
        paths = os.pathsep.join([str(self._folder / "backend"), str(self._folder)])
        return subprocess.Popen(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words],
            cwd=self._folder,
            env={**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=told,
            stderr=told,
        )


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Let it end what it has started; a test that does not listen ends with less ceremony."""
    process.terminate()
    try:
        process.wait(_SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        process.kill()


def try_all(drawn: Sequence[Mutant]) -> Counter[End]:
    """What came of these mutants, telling how it goes and which of them no test notices."""
    ends: Counter[End] = Counter()
    with tempfile.TemporaryDirectory(prefix="souk-mutants-") as folder:
        copies: SimpleQueue[Copy] = SimpleQueue()
        for number in range(_WORKERS):
            (Path(folder) / str(number)).mkdir()
            copies.put(Copy(Path(folder) / str(number)))

        def attempt(mutant: Mutant) -> End:
            copy = copies.get()
            try:
                return copy.end_of(mutant)
            finally:
                copies.put(copy)

        first = copies.get()
        first.require_green(drawn)
        copies.put(first)
        with ThreadPoolExecutor(_WORKERS) as pool:
            tried = {pool.submit(attempt, mutant): mutant for mutant in drawn}
            for future in as_completed(tried):
                end = future.result()
                ends[end] += 1
                if end is not End.KILLED:
                    print(f"{end}: {tried[future].describe()}", flush=True)
                print(f"{ends.total()} of {len(drawn)}: {_counted(ends)}", flush=True)
    return ends


def _counted(ends: Counter[End]) -> str:
    return ", ".join(f"{ends[end]} {end}" for end in End)


def main(words: Sequence[str]) -> int:
    """Measure, draw, try; 0 when enough were noticed."""
    parser = argparse.ArgumentParser(prog="scripts/test mutation")
    parser.add_argument("modules", nargs="*", default=MODULES)
    parser.add_argument("--mutants", type=int, default=200, help="how many are tried (200)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (1)")
    parser.add_argument("--least", type=float, default=85, help="percent to be noticed (85)")
    parser.add_argument("--measured", type=Path, help="what an earlier run has measured")
    wish = parser.parse_args(list(words))
    every = list(changes(wish.modules))
    with tempfile.TemporaryDirectory(prefix="souk-measured-") as folder:
        measured = wish.measured or measure(Path(folder), wish.modules)
        drawn = draw(every, measured, wish.mutants, wish.seed)
    print(f"{len(drawn)} of {len(every)} changes of {', '.join(wish.modules)}", flush=True)
    ends = try_all(drawn)
    noticed = 100 * (1 - ends[End.SURVIVED] / max(1, ends.total()))
    print(f"{noticed:.1f} % of the mutants were noticed, at least {wish.least:.0f} % must be")
    return 0 if noticed >= wish.least else 1
