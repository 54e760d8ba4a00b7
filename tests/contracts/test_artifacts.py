"""What the Python package carries is what `contracts/` compiles to."""

import hashlib
import json
import os
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


@pytest.fixture(scope="module")
def explained() -> dict:
    """What the compiler makes of the escrow's standard JSON, with nothing else to read."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    compiled = subprocess.run(
        [CONTRACTS / "tools" / "solc"],
        input=(CARRIED / "standard_json" / "Escrow.json").read_bytes(),
        env={**os.environ, "PATH": path},
        capture_output=True,
        check=True,
    )
    contract: dict = json.loads(compiled.stdout)["contracts"]["src/Escrow.sol"]["Escrow"]
    return contract


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_artifacts_are_the_same_files_when_built_afresh(fresh: Path) -> None:
    assert files(fresh) == files(CARRIED)


@pytest.mark.parametrize("name", ["SHA256SUMS", "standard_json/Escrow.json"])
def test_file_is_the_same_when_built_afresh(fresh: Path, name: str) -> None:
    assert (CARRIED / name).read_text() == (fresh / name).read_text()


def test_sums_are_those_of_the_files_when_read() -> None:
    lines = (CARRIED / "SHA256SUMS").read_text().splitlines()
    for digest, name in (line.split("  ") for line in lines):
        assert hashlib.sha256((CARRIED / name).read_bytes()).hexdigest() == digest, name


@pytest.mark.parametrize("member", ["bytecode", "deployedBytecode"])
def test_standard_json_gives_the_carried_code_when_compiled_alone(
    explained: dict, member: str
) -> None:
    carried = json.loads((CARRIED / "Escrow.json").read_text())
    field = {"bytecode": "bytecode", "deployedBytecode": "runtime_bytecode"}[member]
    assert "0x" + explained["evm"][member]["object"] == carried[field]


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
