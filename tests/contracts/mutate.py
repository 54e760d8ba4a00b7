"""Runs the tests of the escrow on its mutants, two at a time, and tells which ones no test noticed.

python -m tests.contracts.mutate [function...]: all mutants that a campaign takes, or those in the
functions named. Only `Escrow.sol` is compiled for each of them: the tests, compiled once, deploy
what the artifact beside them holds.
"""

import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.contracts.conftest import ARTIFACTS, CONTRACTS
from tests.contracts.mutants import Mutant, mutants_of

FORGE = next(CONTRACTS.glob("node_modules/@foundry-rs/forge-*/bin/forge*"))
# Standard JSON in, standard JSON out, one line each.
COMPILER = """
const solc = require("solc");
const lines = require("node:readline").createInterface({ input: process.stdin });
lines.on("line", (line) => console.log(solc.compile(line)));
"""
LIMIT = 300
AT_ONCE = 2
SOURCE = CONTRACTS / "src" / "Escrow.sol"
EQUIVALENT = CONTRACTS / "test" / "mutants" / "equivalent.toml"
REPORT = CONTRACTS / "cache" / "mutants.txt"
# Until a test fails or the time is over; a mutant that runs for ever is noticed as well.
SECONDS = 90
UNIT = ("--no-match-path", "test/{gas,invariant}/*", "--fail-fast")
INVARIANTS = ("--match-path", "test/invariant/*")
# Enough for a first look; the campaigns proper are longer.
SMALL = {
    "FOUNDRY_FUZZ_RUNS": "64",
    "FOUNDRY_INVARIANT_RUNS": "12",
    "FOUNDRY_INVARIANT_DEPTH": "100",
    "FOUNDRY_INVARIANT_SHRINK_RUN_LIMIT": "0",
    "FORGE_SNAPSHOT_CHECK": "false",
    "NO_COLOR": "1",
}


@dataclass(slots=True)
class Score:
    """What came of the mutants. One that does not compile counts for nothing."""

    noticed: Counter[str] = field(default_factory=Counter)
    stillborn: int = 0
    killed: list[Mutant] = field(default_factory=list)
    survived: list[Mutant] = field(default_factory=list)

    def without(self, equivalent: set[tuple[str, str, str]]) -> float:
        """The share that was noticed of all that do something else than the original."""
        others = [mutant for mutant in self.survived if mutant.key not in equivalent]
        return len(self.killed) / (len(self.killed) + len(others))


def listed() -> list[dict[str, str]]:
    """The mutants that nobody can tell from the original, each with the reason."""
    entries: list[dict[str, str]] = tomllib.loads(EQUIVALENT.read_text())["mutant"]
    return entries


def equivalents() -> set[tuple[str, str, str]]:
    """Their keys."""
    return {(each["function"], each["original"], each["mutated"]) for each in listed()}


def campaign(mutants: Sequence[Mutant]) -> Score:
    """Try them all; the unchanged source first, which must pass."""
    whole = Mutant("none", "", 0, "", "", SOURCE.read_text())
    folder = tempfile.TemporaryDirectory(prefix="souk-mutants-")
    with folder as name, closing(Bench(Path(name))) as bench:
        noticed = bench.try_out(whole)
        assert noticed is None, f"the tests fail without any mutation: {noticed}"
        return _try_all(bench, mutants)


def _try_all(bench: "Bench", mutants: Sequence[Mutant]) -> Score:
    score = Score()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        begun = {pool.submit(bench.try_out, mutant): mutant for mutant in mutants}
        for done, each in enumerate(as_completed(begun), start=1):
            _count(score, begun[each], each.result())
            counts = f"{len(score.survived)} survived, {score.stillborn} do not compile"
            print(f"{done} of {len(mutants)}: {counts}", flush=True)
    score.survived.sort(key=lambda each: each.line)
    return score


def _count(score: Score, mutant: Mutant, noticed: str | None) -> None:
    if noticed == "compiler":
        score.stillborn += 1
    elif noticed is None:
        score.survived.append(mutant)
        print(described(mutant), flush=True)
    else:
        score.noticed[noticed] += 1
        score.killed.append(mutant)


class Bench:
    """A copy of `contracts/` with a place for as many mutants as are tried at once."""

    def __init__(self, folder: Path) -> None:
        self._contracts = folder / "contracts"
        skipped = shutil.ignore_patterns("node_modules", "out", "cache")
        shutil.copytree(CONTRACTS, self._contracts, ignore=skipped)
        (self._contracts / "node_modules").symlink_to(CONTRACTS / "node_modules")
        # Below the folder from which forge lets tests read.
        artifacts = folder / ARTIFACTS.relative_to(CONTRACTS.parent)
        self._free: queue.SimpleQueue[Place] = queue.SimpleQueue()
        self._places = [Place(self._contracts, artifacts / str(each)) for each in range(AT_ONCE)]
        for place in self._places:
            self._free.put(place)
        build = [str(FORGE), "build", "--quiet", "test"]
        subprocess.run(build, cwd=self._contracts, env=_environment(), check=True)

    def try_out(self, mutant: Mutant) -> str | None:
        """Who noticed: `compiler`, `unit`, `invariants` or nobody."""
        place = self._free.get()
        try:
            return place.try_out(mutant.source)
        finally:
            self._free.put(place)

    def close(self) -> None:
        """End the compilers."""
        for place in self._places:
            place.close()


class Place:
    """Where one mutant at a time is compiled and tested."""

    def __init__(self, contracts: Path, artifacts: Path) -> None:
        self._contracts = contracts
        self._artifacts = artifacts
        artifacts.mkdir(parents=True)
        shutil.copy(ARTIFACTS / "TestDollar.json", artifacts)
        # One that goes on: a compiler that has warmed up takes a third of the time.
        self._compiler = subprocess.Popen(
            ["node", "-e", COMPILER],
            cwd=CONTRACTS,
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def try_out(self, source: str) -> str | None:
        """As the bench has it."""
        bytecode = self._compile(source)
        if bytecode is None:
            return "compiler"
        (self._artifacts / "Escrow.json").write_text(json.dumps({"bytecode": "0x" + bytecode}))
        suites = {"unit": UNIT, "invariants": INVARIANTS}
        return next((name for name, suite in suites.items() if not self._pass(suite)), None)

    def close(self) -> None:
        """End the compiler."""
        self._compiler.communicate()

    def _compile(self, source: str) -> str | None:
        """Without the optimiser, as tests are compiled; `None` when it is no program."""
        given = json.loads((ARTIFACTS / "standard_json" / "Escrow.json").read_text())
        given["sources"] = {
            name: {"content": (CONTRACTS / name).read_text()} for name in given["sources"]
        }
        given["sources"]["src/Escrow.sol"]["content"] = source
        given["settings"] |= {"viaIR": False, "optimizer": {"enabled": False}}
        output = {"Escrow": ["evm.bytecode.object"]}
        given["settings"]["outputSelection"] = {"src/Escrow.sol": output}
        assert self._compiler.stdin is not None
        assert self._compiler.stdout is not None
        self._compiler.stdin.write(json.dumps(given) + "\n")
        self._compiler.stdin.flush()
        contracts = json.loads(self._compiler.stdout.readline()).get("contracts", {})
        if "src/Escrow.sol" not in contracts:
            return None
        bytecode: str = contracts["src/Escrow.sol"]["Escrow"]["evm"]["bytecode"]["object"]
        return bytecode or None

    def _pass(self, suite: Sequence[str]) -> bool:
        try:
            run = subprocess.run(
                [str(FORGE), "test", *suite],
                cwd=self._contracts,
                env=_environment() | SMALL | {"ARTIFACTS": str(self._artifacts)},
                capture_output=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return False
        return run.returncode == 0


def _environment() -> dict[str, str]:
    # The compiler runs on Node, which may live only in the environment of this interpreter.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**os.environ, "PATH": path}


def described(mutant: Mutant) -> str:
    """Where it is, and the text before and after."""
    place = f"line {mutant.line}, {mutant.function}, {mutant.kind}"
    return f"{place}\n    {mutant.original}\n    {mutant.mutated}"


def report(score: Score) -> str:
    """The survivors, each with its line, before and after; those listed are marked."""
    explained = equivalents()
    lines = [f"noticed by {dict(score.noticed)}, {score.stillborn} do not compile"]
    for mutant in score.survived:
        mark = "equivalent" if mutant.key in explained else "SURVIVED"
        lines.append(f"{mark} {described(mutant)}")
    lines.append(f"score {score.without(explained):.3f}")
    return "\n".join(lines)


def main(functions: Sequence[str]) -> None:
    """One campaign from the command line."""
    limit = LIMIT if not functions else sys.maxsize
    mutants = mutants_of(SOURCE.read_text(), limit)
    chosen = [each for each in mutants if not functions or each.function in functions]
    told = report(campaign(chosen))
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(told + "\n")
    print(told)


if __name__ == "__main__":
    main(sys.argv[1:])
