"""`souk deploy` on a chain that is not the one of this machine: once, whatever happens."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from eth_account import Account

from souk.adapters.evm.deployment import Deployer
from souk.adapters.evm.deployment.create2 import FACTORY, SALT
from souk.adapters.evm.network_file import Network
from souk.core.addresses import checksum_address
from souk.embedded.anvil import DEPLOYER_KEY
from tests.support.stack import chain
from tests.support.waiting import eventually
from tests.support.watched_node import watched

from .conftest import DEPLOYER, OTHER, PERMIT2, Operator, as_toml


class Died(BaseException):
    """The process ended here."""


def deployer_that_dies(operator: Operator, at: str) -> Deployer:
    """Dies as soon as it has said so."""

    def say(line: str) -> None:
        if at in line:
            raise Died

    return Deployer(operator.chain.url, DEPLOYER_KEY, operator.table["chain_id"], say)


def die_after_sending(operator: Operator) -> None:
    """A first run, of which the node has the transaction in its pool."""
    operator.chain.call("evm_setAutomine", False)
    network = Network.model_validate(operator.table)
    with pytest.raises(Died):
        deployer_that_dies(operator, "sent Escrow").deploy_escrow(
            network, max_fee_per_gas=network.max_fee_per_gas, records=operator.records
        )


def pooled(operator: Operator) -> list[dict]:
    """The transactions that wait for a block."""
    content = operator.chain.call("txpool_content")
    assert isinstance(content, dict)
    return [one for by_nonce in content["pending"].values() for one in by_nonce.values()]


def test_deploys_the_escrow_and_records_where_it_came_from(operator: Operator) -> None:
    assert operator.deploy() == 0
    record = operator.record()
    assert record.escrow.arguments == {"permit2": PERMIT2}
    assert (record.escrow.factory, record.escrow.salt) == (FACTORY, "0x" + SALT.hex())
    receipt = operator.chain.call("eth_getTransactionReceipt", record.escrow.transaction)
    assert int(receipt["blockNumber"], 16) == record.block_number


def test_records_the_chain_as_it_was_described(operator: Operator) -> None:
    operator.deploy()
    record = operator.record()
    assert record.describes(Network.model_validate(operator.table))
    assert (record.name, record.native.symbol, record.disposable) == ("other", "OTH", False)


def test_sends_nothing_when_it_was_deployed_before(operator: Operator, capsys) -> None:
    operator.deploy()
    before = operator.sent()
    assert operator.deploy() == 0
    assert operator.sent() == before
    assert "already deployed on chain 1234, code matches" in capsys.readouterr().out


def test_says_before_where_it_will_stand(operator: Operator, our_address) -> None:
    foreseen = our_address()
    operator.deploy()
    assert operator.record().escrow.address == foreseen


def test_sends_nothing_when_run_dry(operator: Operator, capsys) -> None:
    before = operator.sent()
    assert operator.deploy("--dry-run") == 0
    said = capsys.readouterr().out
    assert f"{DEPLOYER} holds 9" in said
    assert "nothing was signed or sent" in said
    assert (operator.sent(), operator.record(), pooled(operator)) == (before, None, [])


def test_foresees_the_cost_that_is_then_paid(operator: Operator, our_address, capsys) -> None:
    operator.deploy("--dry-run")
    gas = next(
        int(line.split()[1]) for line in capsys.readouterr().out.splitlines() if "gas   " in line
    )
    operator.deploy()
    paid = operator.chain.call("eth_getTransactionReceipt", operator.record().escrow.transaction)
    assert int(paid["gasUsed"], 16) <= gas <= int(paid["gasUsed"], 16) * 1.2


def test_says_without_a_key_where_it_would_stand(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.delenv("DEPLOYER_PRIVATE_KEY")
    assert operator.deploy("--dry-run") == 0
    assert "not known without its key" in capsys.readouterr().out


def test_gives_the_same_address_on_another_chain(operator: Operator, tmp_path: Path) -> None:
    operator.deploy()
    with chain(tmp_path / "third.log", ticking=False, chain_id=4321) as third:
        third.call("evm_setAutomine", True)
        deployer = Deployer(third.url, DEPLOYER_KEY, 4321, say=lambda _: None)
        there = deployer.deploy_local(DEPLOYER)
        third.call("anvil_setCode", PERMIT2, operator.code(PERMIT2))
        table = operator.table | {"chain_id": 4321, "native": there.native.model_dump()}
        network = Network.model_validate(table)
        elsewhere = deployer.deploy_escrow(network, max_fee_per_gas=10**11, records=tmp_path)
    here = operator.record().escrow
    assert elsewhere.escrow.address == here.address
    # The chain's id is part of the code that the constructor leaves.
    assert elsewhere.escrow.code_hash != here.code_hash


def test_sends_once_when_killed_before_the_receipt(operator: Operator, tmp_path: Path) -> None:
    operator.chain.call("evm_setAutomine", False)
    before = operator.sent()
    file = tmp_path / "networks.toml"
    file.write_text(as_toml("other", operator.table))
    command = [sys.executable, "-m", "souk.entrypoints.cli", "deploy", "other", "--networks", file]
    with subprocess.Popen(command, env=dict(os.environ), stdout=subprocess.DEVNULL) as process:
        eventually(lambda: pooled(operator), seconds=60)
        process.send_signal(signal.SIGKILL)
    (sent,) = pooled(operator)
    operator.chain.call("evm_setIntervalMining", 1)
    assert operator.deploy() == 0
    assert operator.record().escrow.transaction == sent["hash"]
    assert operator.sent() == before + 1


def test_sends_the_same_again_when_the_node_has_lost_it(operator: Operator) -> None:
    die_after_sending(operator)
    (lost,) = pooled(operator)
    operator.chain.call("anvil_dropAllTransactions")
    # Signed anew, it would offer another fee.
    operator.chain.call("anvil_setNextBlockBaseFeePerGas", hex(10**9 + 1))
    operator.chain.mine()
    operator.chain.call("evm_setAutomine", True)
    assert operator.deploy() == 0
    assert operator.record().escrow.transaction == lost["hash"]


def test_writes_down_what_it_sends_before_it_sends_it(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted = []

    def look(call: dict) -> dict:
        if call["method"] == "eth_sendRawTransaction":
            text = (operator.records / "1234.pending.json").read_text()
            noted.append(call["params"][0] in text)
        return call

    with watched(operator.chain.url, look) as node:
        monkeypatch.setenv("CHAIN_1234_RPC_URLS", node.url)
        assert operator.deploy() == 0
    assert noted == [True]


def test_pays_more_in_its_place_when_the_fee_has_outgrown_it(operator: Operator) -> None:
    die_after_sending(operator)
    (stuck,) = pooled(operator)
    operator.chain.call("anvil_setNextBlockBaseFeePerGas", hex(20 * 10**9))
    operator.chain.mine()
    operator.chain.call("evm_setAutomine", True)
    assert operator.deploy() == 0
    sent = operator.chain.call("eth_getTransactionByHash", operator.record().escrow.transaction)
    assert (sent["hash"] != stuck["hash"], sent["nonce"]) == (True, stuck["nonce"])


def with_another_key(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> str:
    """Somebody else deploys, after the first one's transaction was left behind by the fee."""
    die_after_sending(operator)
    operator.chain.call("anvil_setNextBlockBaseFeePerGas", hex(20 * 10**9))
    operator.chain.mine()
    operator.chain.call("evm_setAutomine", True)
    other = Account.from_key("0x" + "ab" * 32)
    operator.chain.call("anvil_setBalance", other.address, hex(10**18))
    monkeypatch.setenv("DEPLOYER_PRIVATE_KEY", other.key.to_0x_hex())
    return str(other.address)


def test_uses_its_own_nonce_when_another_key_has_sent_before(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, before = with_another_key(operator, monkeypatch), operator.sent()
    assert operator.deploy() == 0
    sent = operator.chain.call("eth_getTransactionByHash", operator.record().escrow.transaction)
    assert (checksum_address(sent["from"]), int(sent["nonce"], 16)) == (other, 0)
    assert operator.sent() == before


def test_finds_it_deployed_when_the_other_key_is_faster_after_all(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_another_key(operator, monkeypatch)
    first = json.loads((operator.records / "1234.pending.json").read_text())

    def let_the_first_come(call: dict) -> dict:
        if call["method"] == "eth_sendRawTransaction":
            operator.chain.call("anvil_dropAllTransactions")
            operator.chain.call("anvil_setNextBlockBaseFeePerGas", hex(10**9))
            operator.chain.call("eth_sendRawTransaction", first["raw"])
        return call

    with watched(operator.chain.url, let_the_first_come) as node:
        monkeypatch.setenv(f"CHAIN_{OTHER}_RPC_URLS", node.url)
        assert operator.deploy() == 0
    assert operator.record().escrow.transaction == first["transaction"]


def test_waits_until_it_stands_deep_enough(operator: Operator) -> None:
    lines = []

    def mine_when_told(line: str) -> None:
        lines.append(line)
        if "confirmations" in line:
            operator.chain.mine()

    network = Network.model_validate(operator.table | {"confirmations": 3})
    deployer = Deployer(operator.chain.url, DEPLOYER_KEY, 1234, mine_when_told)
    record = deployer.deploy_escrow(network, max_fee_per_gas=10**11, records=operator.records)
    assert [line.split(", ")[1] for line in lines if line.startswith("in block")] == [
        "1 of 3 confirmations",
        "2 of 3 confirmations",
    ]
    assert operator.chain.height() == record.block_number + 2


def test_leaves_no_note_of_what_was_sent_when_it_is_recorded(operator: Operator) -> None:
    operator.deploy()
    assert [path.name for path in operator.records.iterdir()] == ["1234.json"]


def test_puts_the_factory_there_first_when_asked_to(operator: Operator) -> None:
    operator.forget_factory()
    assert operator.deploy("--put-factory") == 0
    assert operator.code(operator.record().escrow.address) != "0x"
