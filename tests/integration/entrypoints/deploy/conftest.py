"""A chain that is not this machine's, with everything on it that an operator's chain has; each
test finds it as it was left by the first."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from eth_utils.crypto import keccak

from souk.adapters.evm import registry
from souk.adapters.evm.deployment import Deployer
from souk.adapters.evm.deployment.create2 import FACTORY
from souk.adapters.evm.registry import Deployment
from souk.core.addresses import checksum_address
from souk.embedded.anvil import DEPLOYER_KEY
from souk.entrypoints import cli
from tests.support.stack import Chain, chain

OTHER = 1234
KEEPER = "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720"
DEPLOYER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
PERMIT2 = "0x000000000022D473030F116dDEE9F6B43aC78BA3"
# Code of any kind: what counts is that its hash is the one that was written down.
PERMIT2_CODE = "0x60016000f3"
PERMIT2_HASH = "0x" + keccak(hexstr=PERMIT2_CODE).hex()


@dataclass
class Operator:
    """Somebody with a networks file, a key in the environment, and a directory of records."""

    chain: Chain
    directory: Path
    table: dict

    def deploy(self, *words: object) -> int:
        """`souk deploy other` with these words."""
        file = self.directory / "networks.toml"
        file.write_text(as_toml("other", self.table))
        return cli.main(["deploy", "other", "--networks", str(file), *map(str, words)])

    @property
    def records(self) -> Path:
        """Where the records go."""
        return self.directory / "records"

    def record(self) -> Deployment | None:
        """What was recorded of the chain."""
        return registry.find(self.records, OTHER)

    def sent(self) -> int:
        """How many transactions the deployer has in blocks."""
        return int(str(self.chain.call("eth_getTransactionCount", DEPLOYER, "latest")), 16)

    def code(self, address: str) -> str:
        """The code at an address."""
        return str(self.chain.call("eth_getCode", address, "latest"))

    def forget_factory(self) -> None:
        """As on a chain where nobody has put the CREATE2 factory."""
        self.chain.call("anvil_setCode", FACTORY, "0x")
        self.chain.call("anvil_setNonce", FACTORY, "0x0")


def as_toml(name: str, table: dict) -> str:
    """A table of the networks file. JSON's strings, numbers and booleans are TOML's as well."""
    plain = [f"{key} = {json.dumps(value)}" for key, value in table.items() if key not in _NESTED]
    native = [f"{key} = {json.dumps(value)}" for key, value in table["native"].items()]
    tokens = []
    for token in table["tokens"]:
        tokens += [f"[[{name}.tokens]]", *(f"{k} = {json.dumps(v)}" for k, v in token.items())]
    return "\n".join([f"[{name}]", *plain, f"[{name}.native]", *native, *tokens]) + "\n"


_NESTED = ("native", "tokens")


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Chain, dict]]:
    """A chain with a token, a price feed and Permit2; and how an operator describes it."""
    log = tmp_path_factory.mktemp("other") / "anvil.log"
    with chain(log, ticking=False, chain_id=OTHER) as node:
        node.call("evm_setAutomine", True)
        deployer = Deployer(node.url, DEPLOYER_KEY, OTHER, say=lambda _: None)
        there = deployer.deploy_local(KEEPER)
        node.call("anvil_setCode", PERMIT2, PERMIT2_CODE)
        yield (
            node,
            {
                "chain_id": OTHER,
                "name": "other",
                "confirmations": 1,
                "permit2": PERMIT2,
                "permit2_code_hash": PERMIT2_HASH,
                "native": {"symbol": "OTH", "price_feed": there.native.price_feed},
                "tokens": [token.model_dump() for token in there.tokens],
            },
        )


@pytest.fixture
def other_chain(prepared: tuple[Chain, dict]) -> Iterator[Chain]:
    """That chain, and afterwards as it was before."""
    node, _ = prepared
    before = node.call("evm_snapshot")
    yield node
    node.call("anvil_dropAllTransactions")
    node.call("evm_setIntervalMining", 0)
    node.call("evm_setAutomine", True)
    node.call("evm_revert", before)
    # The fee of the next block is no part of what is reverted.
    node.call("anvil_setNextBlockBaseFeePerGas", hex(10**9))


@pytest.fixture
def operator(
    prepared: tuple[Chain, dict],
    other_chain: Chain,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Operator:
    """Ready to deploy, with a key in the environment."""
    monkeypatch.setenv("STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("DEPLOYMENTS_DIR", str(tmp_path / "records"))
    monkeypatch.setenv(f"CHAIN_{OTHER}_RPC_URLS", other_chain.url)
    monkeypatch.setenv("DEPLOYER_PRIVATE_KEY", DEPLOYER_KEY)
    return Operator(other_chain, tmp_path, json.loads(json.dumps(prepared[1])))


@pytest.fixture
def our_address(operator: Operator, capsys: pytest.CaptureFixture) -> Callable[[], str]:
    """Where a dry run says that the escrow would stand."""

    def look() -> str:
        operator.deploy("--dry-run")
        said = capsys.readouterr().out
        found = [line.split()[1] for line in said.splitlines() if line.startswith("escrow ")]
        return checksum_address(found[0])

    return look
