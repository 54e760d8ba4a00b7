"""`souk deploy` on a chain that is not the one of this machine."""

import json
from pathlib import Path

import pytest

from souk.adapters.evm import registry
from souk.adapters.evm.deployment import Deployer
from souk.embedded.anvil import DEPLOYER_KEY
from souk.entrypoints import cli
from tests.support.stack import Chain, chain

OTHER = 1234
KEEPER = "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720"


@pytest.fixture
def other_chain(tmp_path: Path):
    with chain(tmp_path / "other.log", ticking=True, chain_id=OTHER) as fresh:
        yield fresh


@pytest.fixture
def described(other_chain: Chain) -> dict:
    """A description whose token and price feed stand on the chain already."""
    deployer = Deployer(other_chain.url, DEPLOYER_KEY, OTHER, say=lambda _: None)
    there = deployer.deploy_local(KEEPER)
    return {
        "chain_id": OTHER,
        "name": "other",
        "confirmations": 5,
        "native": {"symbol": "OTH", "price_feed": there.native.price_feed},
        "tokens": [token.model_dump() for token in there.tokens],
    }


@pytest.fixture
def file(tmp_path: Path, described: dict) -> Path:
    return written(tmp_path, described)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, other_chain: Chain):
    monkeypatch.setenv("STATE_DIR", str(tmp_path))
    monkeypatch.setenv(f"CHAIN_{OTHER}_RPC_URLS", other_chain.url)
    monkeypatch.setenv("DEPLOYER_PRIVATE_KEY", DEPLOYER_KEY)
    return monkeypatch


def written(directory: Path, description: dict) -> Path:
    path = directory / "network.json"
    path.write_text(json.dumps(description))
    return path


def deploy(*words: object) -> int:
    return cli.main(["deploy", *map(str, words)])


def sent_from_deployer(other_chain: Chain) -> object:
    address = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    return other_chain.call("eth_getTransactionCount", address, "latest")


def test_deploys_the_escrow_and_records_the_described_chain(
    environment, file: Path, tmp_path: Path, other_chain: Chain
) -> None:
    assert deploy("--network", file) == 0
    record = registry.find(tmp_path / "deployments", OTHER)
    assert (record.name, record.native.symbol, record.disposable) == ("other", "OTH", False)
    assert other_chain.call("eth_getCode", record.escrow.address, "latest") != "0x"


def test_sends_nothing_when_it_was_deployed_before(
    environment, file: Path, other_chain: Chain, capsys
) -> None:
    deploy("--network", file)
    before = sent_from_deployer(other_chain)
    assert deploy("--network", file) == 0
    assert sent_from_deployer(other_chain) == before
    assert "already deployed on chain 1234, code matches" in capsys.readouterr().out


def test_checks_without_a_key(environment, file: Path) -> None:
    deploy("--network", file)
    environment.delenv("DEPLOYER_PRIVATE_KEY")
    assert deploy("--chain-id", OTHER, "--check") == 0


def test_check_fails_and_sends_nothing_when_nothing_is_recorded(
    environment, file: Path, other_chain: Chain
) -> None:
    before = sent_from_deployer(other_chain)
    assert deploy("--network", file, "--check") == 1
    assert sent_from_deployer(other_chain) == before


def test_tells_how_to_describe_a_chain_when_there_is_no_file(environment, capsys) -> None:
    assert deploy("--chain-id", OTHER) == 1
    assert "souk deploy --network FILE" in capsys.readouterr().err


def test_refuses_when_no_key_is_given(environment, file: Path, capsys) -> None:
    environment.delenv("DEPLOYER_PRIVATE_KEY")
    assert deploy("--network", file) == 1
    assert "DEPLOYER_PRIVATE_KEY" in capsys.readouterr().err


def test_sends_nothing_when_the_node_serves_another_chain(
    environment, described: dict, tmp_path: Path, other_chain: Chain, capsys
) -> None:
    environment.setenv("CHAIN_77_RPC_URLS", other_chain.url)
    before = sent_from_deployer(other_chain)
    assert deploy("--network", written(tmp_path, {**described, "chain_id": 77})) == 1
    assert "serves chain 1234, not 77" in capsys.readouterr().err
    assert sent_from_deployer(other_chain) == before


def test_sends_nothing_when_a_token_has_another_exponent(
    environment, described: dict, tmp_path: Path, other_chain: Chain, capsys
) -> None:
    described["tokens"][0]["exponent"] = 18
    before = sent_from_deployer(other_chain)
    assert deploy("--network", written(tmp_path, described)) == 1
    assert "says 6, not 18" in capsys.readouterr().err
    assert sent_from_deployer(other_chain) == before


def test_keeps_the_record_when_its_escrow_is_not_there(
    environment, file: Path, tmp_path: Path, other_chain: Chain, capsys
) -> None:
    deploy("--network", file)
    record = registry.find(tmp_path / "deployments", OTHER)
    other_chain.call("anvil_setCode", record.escrow.address, "0x")
    assert deploy("--network", file) == 1
    assert "move the record away first" in capsys.readouterr().err
    assert registry.find(tmp_path / "deployments", OTHER) == record


def test_deploys_anew_when_the_local_chain_was_begun_anew(
    monkeypatch: pytest.MonkeyPatch, ticking_chain: Chain, tmp_path: Path
) -> None:
    monkeypatch.setenv("STATE_DIR", str(tmp_path))
    monkeypatch.setenv("CHAIN_31337_RPC_URLS", ticking_chain.url)
    fresh = ticking_chain.call("evm_snapshot")
    deploy()
    ticking_chain.call("evm_revert", fresh)
    assert deploy() == 0
    record = registry.find(tmp_path / "deployments", 31337)
    assert ticking_chain.call("eth_getCode", record.escrow.address, "latest") != "0x"


def test_says_when_the_record_differs_from_the_file(
    environment, described: dict, file: Path, tmp_path: Path, capsys
) -> None:
    deploy("--network", file)
    assert deploy("--network", written(tmp_path, {**described, "confirmations": 9})) == 0
    assert "otherwise than the file" in capsys.readouterr().out


def test_names_the_field_when_the_description_is_wrong(tmp_path: Path, capsys) -> None:
    assert deploy("--network", written(tmp_path, {"chain_id": OTHER, "name": ""})) == 1
    assert "name: String should have at least 1 character" in capsys.readouterr().err
