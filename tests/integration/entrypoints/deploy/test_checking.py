"""`souk deploy --check`: what stands there is what was recorded, or the exit code says no."""

import json
from collections.abc import Callable

import pytest

from souk.adapters.evm import registry

from .conftest import OTHER, PERMIT2, Operator

FORGED = "0x6001"


@pytest.fixture
def deployed(operator: Operator, monkeypatch: pytest.MonkeyPatch, capsys) -> Operator:
    """An escrow on record, and no key any more."""
    operator.deploy()
    capsys.readouterr()
    monkeypatch.delenv("DEPLOYER_PRIVATE_KEY")
    return operator


def test_finds_everything_as_recorded_without_a_key(deployed: Operator, capsys) -> None:
    before = deployed.sent()
    assert deployed.deploy("--check") == 0
    said = capsys.readouterr().out
    assert said.count("ok   ") == 5
    assert f"escrow: {deployed.record().escrow.address}, code matches" in said
    assert deployed.sent() == before


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (lambda record: record.escrow.address, "WRONG  escrow: there is other code than recorded"),
        (lambda record: PERMIT2, "WRONG  permit2"),
        (lambda record: record.tokens[0].address, "WRONG  tUSD"),
        (lambda record: record.native.price_feed, "WRONG  price feed"),
    ],
)
def test_fails_when_other_code_stands_somewhere(
    deployed: Operator, capsys, where: Callable, said: str
) -> None:
    deployed.chain.call("anvil_setCode", where(deployed.record()), FORGED)
    assert deployed.deploy("--check") == 1
    assert said in capsys.readouterr().out


def test_fails_when_the_record_names_another_contract(deployed: Operator, capsys) -> None:
    record = deployed.record()
    elsewhere = "0x" + "12" * 20
    deployed.chain.call("anvil_setCode", elsewhere, deployed.code(record.escrow.address))
    escrow = record.escrow.model_copy(update={"address": elsewhere})
    registry.save(deployed.records, record.model_copy(update={"escrow": escrow}))
    assert deployed.deploy("--check") == 1
    assert f"the record names {elsewhere}" in capsys.readouterr().out


def test_passes_an_escrow_of_an_earlier_release_and_says_so(deployed: Operator, capsys) -> None:
    record = deployed.record()
    escrow = record.escrow.model_copy(update={"artifact_sha256": "00" * 32})
    registry.save(deployed.records, record.model_copy(update={"escrow": escrow}))
    assert deployed.deploy("--check") == 0
    assert "of another release than this one" in capsys.readouterr().out


def test_fails_when_the_node_serves_another_chain(deployed: Operator, capsys) -> None:
    record = deployed.record().model_copy(update={"chain_id": 77})
    registry.save(deployed.records, record)
    deployed.table |= {"chain_id": 77, "rpc_url": deployed.chain.url}
    assert deployed.deploy("--check") == 1
    assert "WRONG  chain: the endpoint serves chain 1234, not 77" in capsys.readouterr().out


def test_fails_when_nothing_is_recorded(operator: Operator, capsys) -> None:
    assert operator.deploy("--check") == 1
    assert "there is no record of chain 1234" in capsys.readouterr().err


def test_looks_at_every_chain_on_record(deployed: Operator, capsys) -> None:
    assert deployed.deploy("--check-all") == 0
    assert f"ok     chain: {OTHER} (other)" in capsys.readouterr().out


def test_looks_at_the_others_when_one_cannot_be_looked_at(deployed: Operator, capsys) -> None:
    record = json.loads((deployed.records / "1234.json").read_text())
    (deployed.records / "77.json").write_text(json.dumps(record | {"chain_id": 77}))
    assert deployed.deploy("--check-all") == 1
    said = capsys.readouterr().out
    assert "WRONG  chain 77: set CHAIN_77_RPC_URLS" in said
    assert f"ok     chain: {OTHER} (other)" in said
