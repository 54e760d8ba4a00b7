"""What the Python package carries is what `contracts/` compiles to."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contracts.conftest import CONTRACTS, ROOT

CARRIED = ROOT / "backend" / "souk" / "adapters" / "evm" / "artifacts"
NAMES = sorted(path.name for path in CARRIED.glob("*.json"))


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build from nothing."""
    folder = tmp_path_factory.mktemp("artifacts")
    program = ROOT / "scripts" / "build_contracts"
    subprocess.run([sys.executable, program, folder], check=True)
    return folder


def test_artifacts_are_the_same_files_when_built_afresh(fresh: Path) -> None:
    assert sorted(path.name for path in fresh.iterdir()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_artifact_is_the_same_when_built_afresh(fresh: Path, name: str) -> None:
    assert json.loads((CARRIED / name).read_text()) == json.loads((fresh / name).read_text())


@pytest.mark.parametrize("name", NAMES)
def test_artifact_fits_on_chain_when_deployed(name: str) -> None:
    runtime = json.loads((CARRIED / name).read_text())["runtime_bytecode"]
    assert len(bytes.fromhex(runtime.removeprefix("0x"))) <= 24_576  # EIP-170


def test_lock_file_names_no_download_address_when_read() -> None:
    lock = json.loads((CONTRACTS / "package-lock.json").read_text())
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]
