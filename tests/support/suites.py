"""What `scripts/test` runs: the suites, each with its time beside its budget, and the linters.

python -m tests.support.suites [suite...] [coverage] [--deep] [pytest arguments]
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from tests.support import mutation, pitfalls
from tests.support.absent import NOT_RUN

ROOT = Path(__file__).resolve().parents[2]
# Seconds on two cores, and how many workers share the suite.
BUDGETS = {
    "unit": (10, 2),
    "architecture": (60, 2),
    "integration": (120, 3),
    "ports": (45, 3),
    "races": (40, 0),
    "contracts": (75, 2),
    "simulation": (75, 2),
    "e2e": (60, 0),
    "browser": (75, 0),
}
COMPILING = ("contracts",)
LINTERS = {
    "ruff check": ("ruff", "check", "--quiet", "."),
    "ruff format": ("ruff", "format", "--check", "--quiet", "."),
    "mypy": ("mypy", "--no-error-summary"),
    "import-linter": ("lint-imports", "--no-cache"),
}
# The business code, and the suites that together reach all of it.
MEASURED = "souk.modules,souk.core"
MEASURING = ("unit", "integration", "ports", "races")
NAMES = ("lint", *BUDGETS, "coverage", "pitfalls", "mutation")
NO_TESTS = 5


@dataclass(slots=True)
class Result:
    """What came of one suite."""

    name: str
    passed: int = 0
    failed: int = 0
    seconds: float = 0
    budget: int | None = None
    not_run: frozenset[str] = frozenset()

    def line(self) -> str:
        """Its time beside its budget."""
        budget = f"of {self.budget:>4} s" if self.budget else " " * 9
        late = "  over its budget" if self.budget and self.seconds > self.budget else ""
        counts = f"{self.passed:>5} passed {self.failed:>3} failed"
        return f"{self.name:<14}{self.seconds:>7.1f} s {budget} {counts}{late}"


@dataclass(slots=True)
class Wish:
    """What was asked for on the command line."""

    suites: list[str] = field(default_factory=list)
    deep: bool = False
    coverage: bool = False
    rest: list[str] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """The suites to run; none when only some tests are wanted."""
        if self.coverage:
            return [*self.suites, *(name for name in MEASURING if name not in self.suites)]
        return self.suites or ([] if self.rest else ["lint", *BUDGETS])

    @property
    def measured(self) -> bool:
        """Whether coverage is measured, which takes time that no budget has room for."""
        return self.coverage or self.whole

    @property
    def whole(self) -> bool:
        """Whether it is everything there is, however long it takes."""
        return self.deep and not self.suites and not self.rest


def read(words: Sequence[str]) -> Wish:
    """Sort the command line into suites, `--deep`, and what pytest is given."""
    wish = Wish()
    for word in words:
        if word == "--deep":
            wish.deep = True
        elif word == "coverage" and not wish.rest:
            wish.coverage = True
        elif word in (*BUDGETS, "lint") and not wish.rest:
            wish.suites.append(word)
        elif not word.startswith("-") and not wish.rest and not Path(word.split("::")[0]).exists():
            sys.exit(f"scripts/test: no suite {word}; there are {' '.join(NAMES)}")
        else:
            wish.rest.append(word)
    return wish


def main(words: Sequence[str]) -> int:
    """Run what was asked for; 0 when all of it passed."""
    os.chdir(ROOT)
    if list(words) == ["pitfalls"]:
        return pitfalls.report(ROOT)
    if words and words[0] == "mutation":
        return mutation.main(words[1:])
    wish = read(words)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="souk-results-") as results:
        done = [result for result in run_all(wish, Path(results)) if result]
        print("\n" + "\n".join(result.line() for result in done))
        covered = not wish.measured or check_coverage(Path(results))
    noticed = not wish.whole or mutation.main([]) == 0
    failed = sum(result.failed for result in done) + (not covered) + (not noticed)
    passed = sum(result.passed for result in done)
    print(closing(passed, failed, time.monotonic() - begun, done))
    return 1 if failed or not passed else 0


def closing(passed: int, failed: int, seconds: float, done: Sequence[Result]) -> str:
    """The last line: what was counted, and what could not be run at all."""
    line = f"{passed} passed, {failed} failed in {seconds:.1f} s"
    missing = sorted(frozenset().union(*(result.not_run for result in done)))
    return f"{line}, {NOT_RUN}{'; '.join(missing)}" if missing else line


def run_all(wish: Wish, results: Path) -> list[Result | None]:
    """The suites in their order, cheap ones first."""
    if not wish.names:
        return [run_pytest("chosen", wish, results, None, 0)]
    return [lint() if name == "lint" else run_suite(name, wish, results) for name in wish.names]


def run_suite(name: str, wish: Wish, results: Path) -> Result | None:
    """One folder below `tests`; `None` when there is none."""
    folder = Path("tests") / name
    if not any(folder.rglob("test_*.py")):
        return None
    budget, workers = BUDGETS[name]
    timed = not wish.deep and not wish.measured
    return run_pytest(name, wish, results, folder, workers, budget if timed else None)


def run_pytest(
    name: str,
    wish: Wish,
    results: Path,
    folder: Path | None,
    workers: int,
    budget: int | None = None,
) -> Result | None:
    """Run pytest in a process of its own."""
    print(f"\n=== {name}", flush=True)
    report = results / f"{name}.xml"
    command = pytest_command(wish, report, folder, workers)
    # Compiled once is enough, also where containers are told to leave nothing behind.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    environment["COVERAGE_FILE"] = str(results / "coverage")
    begun = time.monotonic()
    code = subprocess.run(command, check=False, env=environment).returncode
    if code == NO_TESTS:
        return None
    passed, failed = counts(report)
    if code != 0 and not failed:
        failed = 1
    return Result(name, passed, failed, time.monotonic() - begun, budget, not_run(report))


def pytest_command(wish: Wish, report: Path, folder: Path | None, workers: int) -> list[str]:
    """How pytest is called; under coverage when it is measured, and never when it is timed."""
    measure = ["-m", "coverage", "run", f"--source={MEASURED}"] if wish.measured else []
    command = [sys.executable, *measure, "-m", "pytest", "-q", f"--junitxml={report}"]
    # Neighbours stay together, as they share what takes long to make; a file that compiles even
    # when the other worker has nothing left to do.
    whole = folder is not None and folder.name in COMPILING
    shared = ["-n", str(workers), "--dist", "loadfile" if whole else "worksteal"]
    command += shared if workers and not wish.rest else []
    command += ["--deep"] if wish.deep else []
    command += [str(folder)] if folder else []
    return [*command, *wish.rest]


def counts(report: Path) -> tuple[int, int]:
    """Passed and failed tests of a JUnit report; none when pytest did not get to write one."""
    if not report.exists():
        return 0, 0
    suites = ElementTree.parse(report).getroot().iter("testsuite")
    total = failed = skipped = 0
    for suite in suites:
        total += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped += int(suite.get("skipped", 0))
    return total - failed - skipped, failed


def not_run(report: Path) -> frozenset[str]:
    """Why tests of a JUnit report were not run, each reason once."""
    if not report.exists():
        return frozenset()
    reasons = [skip.get("message", "") for skip in ElementTree.parse(report).iter("skipped")]
    return frozenset(each.removeprefix(NOT_RUN) for each in reasons if each.startswith(NOT_RUN))


def lint() -> Result:
    """Style, types and import rules; each linter counts as one test."""
    print("=== lint", flush=True)
    result, begun = Result("lint"), time.monotonic()
    for name, command in LINTERS.items():
        program = str(Path(sys.executable).with_name(command[0]))
        ran = subprocess.run([program, *command[1:]], check=False, capture_output=True, text=True)
        if ran.returncode == 0:
            result.passed += 1
        else:
            result.failed += 1
            print(f"--- {name}\n{ran.stdout}{ran.stderr}", flush=True)
    result.seconds = time.monotonic() - begun
    return result


def check_coverage(results: Path) -> bool:
    """Whether the branches of the business code are covered as pyproject.toml demands."""
    environment = {**os.environ, "COVERAGE_FILE": str(results / "coverage")}
    coverage = [sys.executable, "-m", "coverage"]
    subprocess.run([*coverage, "combine", "--quiet"], check=False, env=environment)
    return subprocess.run([*coverage, "report"], check=False, env=environment).returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
