"""Contracts of `contracts/test/mocks` for tests that run without a compiler.

Their bytecode is kept in `compiled/`; `python -m tests.support.mocks` writes it anew, and
`tests/contracts/test_mocks.py` fails when it should have.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from eth_abi.abi import encode
from eth_utils.crypto import keccak

_ROOT = Path(__file__).resolve().parents[2]
_CONTRACTS = _ROOT / "contracts"
COMPILED = Path(__file__).parent / "compiled"
NAMES = (
    "ContractWallet",
    "EndlessAnswer",
    "ExecutingWallet",
    "GatewayResolver",
    "HostileToken",
    "LookupResolver",
    "MuteDollar",
    "PasskeyWallet",
    "Permit2StandIn",
    "PhantomDollar",
    "PictureToken",
    "ScriptedFeed",
    "StubbornDollar",
    "WalletFactory",
    "WildcardResolver",
)


def bytecode(name: str, folder: Path = COMPILED) -> str:
    """The code that creates a mock, as 0x-hex."""
    return (folder / f"{name}.hex").read_text().strip()


def through_a_wallet(to: str, value: int, data: str, *, quiet: bool) -> str:
    """Calldata that has an `ExecutingWallet` make a call, as 0x-hex."""
    types = ["address", "uint256", "bytes", "bool"]
    selector = keccak(f"execute({','.join(types)})".encode())[:4]
    return "0x" + (selector + encode(types, [to, value, bytes.fromhex(data[2:]), quiet])).hex()


def build(target: Path) -> None:
    """Compile the mocks, as what is deployed is compiled, and write their code into a folder."""
    forge = next(_CONTRACTS.glob("node_modules/@foundry-rs/forge-*/bin/forge*"))
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    with tempfile.TemporaryDirectory() as folder:
        sources = [f"test/mocks/{name}.sol" for name in NAMES]
        places = ["--out", f"{folder}/out", "--cache-path", f"{folder}/cache"]
        subprocess.run(
            [forge, "build", *sources, "--quiet", *places],
            cwd=_CONTRACTS,
            env={**os.environ, "PATH": path, "FOUNDRY_PROFILE": "release"},
            check=True,
        )
        for name in NAMES:
            built = json.loads(Path(folder, "out", f"{name}.sol", f"{name}.json").read_text())
            (target / f"{name}.hex").write_text(built["bytecode"]["object"] + "\n")


if __name__ == "__main__":
    build(COMPILED)
