"""When `souk deploy` refuses, it has signed and sent nothing, and says what to do."""

import json
import shutil
from importlib import resources
from pathlib import Path

import pytest

from souk.adapters.evm.deployment import Deployer
from souk.adapters.evm.deployment.errors import ArtifactChanged, DeploymentFailed
from souk.adapters.evm.network_file import Network
from souk.embedded.anvil import DEPLOYER_KEY
from tests.support.watched_node import watched

from .conftest import DEPLOYER, OTHER, PERMIT2, Operator

KEYLESS = "0xf8a58085174876e800830186a080"


def refused(operator: Operator, capsys, *words: object) -> str:
    """What was said when it refused; checks that nothing was sent or recorded."""
    before = operator.sent()
    assert operator.deploy(*words) == 1
    assert (operator.sent(), operator.record()) == (before, None)
    return str(capsys.readouterr().err)


def test_signs_nothing_when_the_node_serves_another_chain(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    operator.table["chain_id"] = 77
    monkeypatch.delenv("DEPLOYER_PRIVATE_KEY")
    with watched(operator.chain.url) as node:
        monkeypatch.setenv("CHAIN_77_RPC_URLS", node.url)
        said = refused(operator, capsys, "--keystore", "never-opened.json")
    assert "serves chain 1234, not 77; nothing was signed or sent" in said
    assert node.methods == ["eth_chainId"]


@pytest.mark.parametrize("member", ["bytecode", "runtime_bytecode"])
def test_sends_nothing_when_the_compiled_contract_was_changed(
    operator: Operator, tmp_path: Path, member: str
) -> None:
    changed = tmp_path / "artifacts"
    shutil.copytree(str(resources.files("souk.adapters.evm") / "artifacts"), changed)
    document = json.loads((changed / "Escrow.json").read_text())
    document[member] += "00"
    (changed / "Escrow.json").write_text(json.dumps(document, indent=1) + "\n")
    deployer = Deployer(operator.chain.url, DEPLOYER_KEY, OTHER, artifacts=changed)
    before = operator.sent()
    with pytest.raises(ArtifactChanged, match=r"Escrow\.json of this package"):
        deployer.deploy_escrow(
            Network.model_validate(operator.table), max_fee_per_gas=10**11, records=tmp_path
        )
    assert operator.sent() == before


def test_refuses_when_other_code_stands_at_our_address(
    operator: Operator, our_address, capsys
) -> None:
    operator.chain.call("anvil_setCode", our_address(), "0x6001")
    assert "is not that of Escrow; nothing was sent" in refused(operator, capsys)


def test_refuses_when_only_an_immutable_is_other_than_ours(
    operator: Operator, our_address, capsys
) -> None:
    address = our_address()
    operator.deploy()
    (operator.records / "1234.json").unlink()
    another = "1234567890123456789012345678901234567890"
    forged = operator.code(address).replace(PERMIT2[2:].lower(), another)
    operator.chain.call("anvil_setCode", address, forged)
    assert "is not that of Escrow; nothing was sent" in refused(operator, capsys)


def test_refuses_when_permit2_is_other_code(operator: Operator, capsys) -> None:
    operator.chain.call("anvil_setCode", PERMIT2, "0x6002")
    assert "Permit2: the hash of the code" in refused(operator, capsys)


def test_refuses_when_permit2_is_not_there(operator: Operator, capsys) -> None:
    operator.chain.call("anvil_setCode", PERMIT2, "0x")
    assert "Permit2: there is no code at" in refused(operator, capsys)


def test_refuses_when_a_token_has_another_exponent(operator: Operator, capsys) -> None:
    operator.table["tokens"][0]["exponent"] = 18
    assert "says 6, not 18" in refused(operator, capsys)


def test_tells_how_to_get_the_factory_when_the_chain_lacks_it(operator: Operator, capsys) -> None:
    operator.forget_factory()
    assert "run again with --put-factory" in refused(operator, capsys)


def test_says_so_when_the_chain_takes_no_transaction_without_its_id(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    operator.forget_factory()

    def strict(call: dict) -> dict | None:
        sends = call["method"] == "eth_sendRawTransaction"
        return None if sends and call["params"][0].startswith(KEYLESS) else call

    with watched(operator.chain.url, strict) as node:
        monkeypatch.setenv(f"CHAIN_{OTHER}_RPC_URLS", node.url)
        assert operator.deploy("--put-factory") == 1
    assert "does not take the transaction that puts the CREATE2 factory" in capsys.readouterr().err
    assert operator.record() is None


def test_refuses_when_the_fee_is_above_the_bound(operator: Operator, capsys) -> None:
    operator.table["max_fee_per_gas"] = 1_000
    assert "max_fee_per_gas is 1000" in refused(operator, capsys)


def test_refuses_when_the_balance_is_too_low(operator: Operator, capsys) -> None:
    operator.chain.call("anvil_setBalance", DEPLOYER, "0x1")
    assert "holds 1 wei and may need" in refused(operator, capsys)


def test_refuses_when_the_node_cannot_say_what_the_code_would_be(
    operator: Operator, tmp_path: Path
) -> None:
    network, before = Network.model_validate(operator.table), operator.sent()

    def without_overrides(call: dict) -> dict:
        return {**call, "params": call["params"][:2]} if call["method"] == "eth_call" else call

    with (
        watched(operator.chain.url, without_overrides) as node,
        pytest.raises(DeploymentFailed, match="state overrides"),
    ):
        Deployer(node.url, DEPLOYER_KEY, OTHER).deploy_escrow(
            network, max_fee_per_gas=10**11, records=tmp_path
        )
    assert operator.sent() == before


def test_keeps_the_record_when_its_escrow_is_not_there(operator: Operator, capsys) -> None:
    operator.deploy()
    record = operator.record()
    operator.chain.call("anvil_setCode", record.escrow.address, "0x")
    assert operator.deploy() == 1
    assert "move the record away first" in capsys.readouterr().err
    assert operator.record() == record


def test_says_when_the_record_differs_from_the_file(operator: Operator, capsys) -> None:
    operator.deploy()
    operator.table["confirmations"] = 9
    assert operator.deploy() == 0
    assert "otherwise than the networks file" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "other.name: String should have at least 1 character"),
        ({"permit2_code_hash": "0x12"}, "other.permit2_code_hash: String should match"),
        ({"rpc_url": "ftp://127.0.0.1"}, "other.rpc_url: String should match"),
        ({"colour": "red"}, "other.colour: Extra inputs are not permitted"),
        ({"chain_id": 31337}, "deploy there without a name"),
    ],
)
def test_names_what_is_wrong_in_the_file(
    operator: Operator, capsys, wrong: dict, said: str
) -> None:
    operator.table |= wrong
    assert said in refused(operator, capsys)


def test_names_the_hash_when_permit2_is_not_pinned(operator: Operator, capsys) -> None:
    del operator.table["permit2_code_hash"]
    assert "permit2 needs permit2_code_hash" in refused(operator, capsys)


def test_names_the_variable_when_no_node_is_given(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.delenv(f"CHAIN_{OTHER}_RPC_URLS")
    assert "set CHAIN_1234_RPC_URLS" in refused(operator, capsys)


def test_takes_the_node_from_the_variable_that_the_file_names(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(f"CHAIN_{OTHER}_RPC_URLS")
    monkeypatch.setenv("OTHER_NODE", operator.chain.url)
    operator.table["rpc_url_variable"] = "OTHER_NODE"
    assert operator.deploy() == 0
