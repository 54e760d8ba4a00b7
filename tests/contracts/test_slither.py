"""Slither finds nothing in the escrow that `contracts/slither.explained.toml` does not explain.

Slither is AGPL-3.0 and therefore no dependency of this package: the deep run installs it into an
environment of its own under `contracts/cache`, from `requirements-slither.lock`, and runs it as a
program.
"""

import hashlib
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.contracts.conftest import CONTRACTS, ROOT, Forge

LOCK = ROOT / "requirements-slither.lock"
EXPLAINED = tomllib.loads((CONTRACTS / "slither.explained.toml").read_text("utf-8"))["finding"]

Finding = tuple[str, str]


@pytest.fixture(scope="session")
def slither() -> Path:
    """The program, installed once for each content of its lock file."""
    made_from = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()
    environment = CONTRACTS / "cache" / f"slither-{made_from[:12]}"
    if not (environment / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
        pip = [environment / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--no-deps", "--require-hashes", "-r", LOCK], check=True)
        (environment / "complete").touch()
    return environment / "bin" / "slither"


@pytest.fixture(scope="session")
def found(
    slither: Path, forge: Forge, tmp_path_factory: pytest.TempPathFactory
) -> frozenset[Finding]:
    """Check and place of everything that Slither says of the escrow and what it is made of."""
    folder = tmp_path_factory.mktemp("slither")
    build = ["--out", str(folder / "out"), "--cache-path", str(folder / "cache")]
    built = forge("build", "src/Escrow.sol", "--build-info", *build)
    assert built.returncode == 0, built.stdout + built.stderr
    report = folder / "report.json"
    options = ["--foundry-ignore-compile", "--foundry-out-directory", folder / "out"]
    options += ["--filter-paths", "node_modules", "--fail-none", "--json", report]
    ran = subprocess.run(
        [slither, ".", *options], cwd=CONTRACTS, env=with_forge(), capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    results = json.loads(report.read_text())["results"]["detectors"]
    return frozenset((one["check"], one["elements"][0]["name"]) for one in results)


def with_forge() -> Mapping[str, str]:
    """Slither asks forge for the project's settings."""
    forge = next(CONTRACTS.glob("node_modules/@foundry-rs/forge-*/bin/forge*"))
    path = [str(forge.parent), str(Path(sys.executable).parent), os.environ["PATH"]]
    return {**os.environ, "PATH": os.pathsep.join(path)}


def explained() -> frozenset[Finding]:
    return frozenset((entry["check"], entry["place"]) for entry in EXPLAINED)


@pytest.mark.deep
def test_slither_finds_nothing_unexplained_when_it_reads_the_escrow(
    found: frozenset[Finding],
) -> None:
    assert found - explained() == frozenset()


@pytest.mark.deep
def test_explanations_are_all_needed_when_slither_reads_the_escrow(
    found: frozenset[Finding],
) -> None:
    assert explained() - found == frozenset()


def test_explanations_say_why_when_they_are_read() -> None:
    assert [entry for entry in EXPLAINED if len(entry["why"].split()) < 8] == []


def test_explanations_name_each_place_once_when_they_are_counted() -> None:
    assert len(explained()) == len(EXPLAINED)
