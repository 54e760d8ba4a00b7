"""`souk deploy` with a node that is away, refuses or talks nonsense: one sentence, never more."""

import pytest

from tests.support.watched_node import Answered, Call, watched

from .conftest import OTHER, Operator

ASKED = [
    "eth_chainId",
    "eth_getCode",
    "eth_call",
    "eth_getBlockByNumber",
    "eth_estimateGas",
    "eth_getBalance",
    "eth_getTransactionCount",
    "eth_sendRawTransaction",
]
NONSENSE = [5, "0xzz", {}, [], {"transactions": [None]}, {"baseFeePerGas": "dear"}]


def told(operator: Operator, monkeypatch: pytest.MonkeyPatch, capsys, meddle, *words: str) -> str:
    """What was said when it failed through such a node; checks that it was one line."""
    with watched(operator.chain.url, meddle) as node:
        monkeypatch.setenv(f"CHAIN_{OTHER}_RPC_URLS", node.url)
        assert operator.deploy(*words) == 1
    said = str(capsys.readouterr().err)
    assert said.startswith("souk deploy: ")
    assert said.count("\n") == 1
    return said


@pytest.mark.parametrize("method", ASKED)
def test_ends_with_a_sentence_when_the_node_refuses(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, capsys, method: str
) -> None:
    def refuse(call: Call) -> Call | None:
        return None if call["method"] == method else call

    told(operator, monkeypatch, capsys, refuse)
    assert operator.record() is None


@pytest.mark.parametrize("nonsense", NONSENSE, ids=str)
@pytest.mark.parametrize("method", ASKED)
def test_ends_with_a_sentence_when_the_node_talks_nonsense(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, capsys, method: str, nonsense: object
) -> None:
    def garble(call: Call) -> Call | Answered:
        return Answered(nonsense) if call["method"] == method else call

    said = told(operator, monkeypatch, capsys, garble)
    assert "run again later, or with the address of another node" in said
    assert operator.record() is None


def test_says_what_to_do_when_the_node_is_away(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setenv(f"CHAIN_{OTHER}_RPC_URLS", "http://127.0.0.1:9")
    assert operator.deploy() == 1
    said = capsys.readouterr().err
    assert "cannot be reached" in said
    assert "run again later, or with the address of another node" in said


def test_passes_over_what_a_reverting_token_says(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    # 0x556f1830 announces an off-chain lookup (EIP-3668), which the rest is not.
    token = operator.table["tokens"][0]["address"]
    operator.chain.call("anvil_setCode", token, "0x63556f183060e01b5f5260245ffd")
    said = told(operator, monkeypatch, capsys, lambda call: call)
    assert f"{token} does not answer decimals()" in said


def test_finds_the_chain_wrong_when_the_node_refuses(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    operator.deploy()
    capsys.readouterr()

    def refuse(call: Call) -> Call | None:
        return None if call["method"] == "eth_getCode" else call

    with watched(operator.chain.url, refuse) as node:
        monkeypatch.setenv(f"CHAIN_{OTHER}_RPC_URLS", node.url)
        assert operator.deploy("--check") == 1
    assert "WRONG  chain: the node of chain 1234 refuses" in capsys.readouterr().out
