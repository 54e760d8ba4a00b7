"""The tests of `contracts/` reach every line, statement, branch and function of the escrow."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contracts.conftest import CONTRACTS

FIGURES = ("lines", "statements", "branches", "functions")
# Code that counts takes other gas; and random calls are not to make up for a test that is missing.
LEFT_OUT = "test/{gas,invariant}/**"

pytestmark = pytest.mark.deep


@pytest.fixture(scope="module")
def covered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The row of the escrow in forge's table, such as `100.00% (7/7)` for each figure.

    Forge counts in code that it compiles for this, so the tests must not run on the artifacts."""
    program = next(CONTRACTS.glob("node_modules/@foundry-rs/forge-*/bin/forge*"))
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    build = tmp_path_factory.mktemp("coverage")
    options = ["--no-match-path", LEFT_OUT, "--out", f"{build}/out"]
    options += ["--cache-path", f"{build}/cache"]
    run = subprocess.run(
        [program, "coverage", "--report", "summary", "--exclude-tests", *options],
        cwd=CONTRACTS,
        env={
            **os.environ,
            "PATH": path,
            "NO_COLOR": "1",
            "ARTIFACTS": "",
            "FOUNDRY_FUZZ_RUNS": "8",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    row = re.search(r"^\| src/Escrow\.sol +\|(.+)\|$", run.stdout, flags=re.MULTILINE)
    assert row, run.stdout
    return dict(zip(FIGURES, (cell.strip() for cell in row[1].split("|")), strict=True))


@pytest.mark.parametrize("figure", FIGURES)
def test_escrow_is_covered_when_its_suites_run(covered: dict[str, str], figure: str) -> None:
    assert covered[figure].startswith("100.00% ")
