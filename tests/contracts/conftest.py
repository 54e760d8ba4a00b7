"""The compiler and test runner of `contracts/`, installed by `npm ci` there."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = ROOT / "contracts"
ARTIFACTS = ROOT / "backend" / "souk" / "adapters" / "evm" / "artifacts"

Forge = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def forge() -> Forge:
    """Run forge in `contracts/` with the given arguments; the caller looks at code and output.

    Tests run on the artifacts that the package carries, the very code that is deployed."""
    program = next(CONTRACTS.glob("node_modules/@foundry-rs/forge-*/bin/forge*"))
    # The compiler runs on Node, which may live only in the environment of this interpreter.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [program, *arguments],
            cwd=CONTRACTS,
            env={**os.environ, "PATH": path, "NO_COLOR": "1", "ARTIFACTS": str(ARTIFACTS)},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def compiled(forge: Forge) -> Path:
    """What forge compiles for the Solidity tests, and so their mocks; compiled once for all."""
    run = forge("build", "test")
    assert run.returncode == 0, run.stdout + run.stderr
    return CONTRACTS / "out"
