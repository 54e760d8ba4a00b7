"""OP-stack chains take a fee for a transaction's data, which follows from its bytes."""

import re

import pytest

from souk.adapters.evm.deployment.data_fee import ORACLE

from .conftest import DEPLOYER, Operator

ETHER = 10**18
# Returns 10^9 wei for each byte that it is called with.
BY_THE_BYTE = "0x36633b9aca00025f5260205ff3"
# Returns 10^23 wei, which is more than the deployer has.
DEAR = "0x69152d02c7e14af68000005f5260205ff3"


def told(said: str, pattern: str) -> int:
    """An amount of a dry run, in wei."""
    found = re.search(pattern, said)
    assert found is not None
    whole, _, digits = found[1].partition(".")
    return int(whole) * ETHER + int(digits.ljust(18, "0"))


@pytest.fixture
def rollup(operator: Operator) -> Operator:
    """On a chain that takes such a fee."""
    operator.chain.call("anvil_setCode", ORACLE, BY_THE_BYTE)
    operator.table["op_stack"] = True
    return operator


def test_includes_the_data_fee_when_run_dry(rollup: Operator, capsys) -> None:
    assert rollup.deploy("--dry-run") == 0
    said = capsys.readouterr().out
    gas, now, most = (
        int(re.findall(rf"{before}(\d+)", said)[0])
        for before in ("gas +", "fee +", "per gas now, at most ")
    )
    fee = told(said, r"L1 data fee, ([\d.]+) OTH now, which may double")
    assert told(said, r"cost +([\d.]+) OTH now") == gas * now + fee
    assert told(said, r" at most ([\d.]+) OTH") == gas * most + 2 * fee


def test_takes_the_fee_of_all_that_is_sent(rollup: Operator, capsys) -> None:
    rollup.deploy("--dry-run")
    fee = told(capsys.readouterr().out, r"L1 data fee, ([\d.]+) OTH")
    rollup.deploy()
    sent = rollup.chain.call("eth_getRawTransactionByHash", rollup.record().escrow.transaction)
    size = (len(sent) - 2) // 2
    # With the words of the call around it.
    assert size <= fee // 10**9 <= size + 128


def test_says_nothing_of_such_a_fee_elsewhere(operator: Operator, capsys) -> None:
    assert operator.deploy("--dry-run") == 0
    assert "L1 data fee" not in capsys.readouterr().out


def test_refuses_when_the_balance_does_not_cover_the_data_fee(rollup: Operator, capsys) -> None:
    rollup.chain.call("anvil_setCode", ORACLE, DEAR)
    before = rollup.sent()
    assert rollup.deploy() == 1
    assert f"{DEPLOYER} holds" in capsys.readouterr().err
    assert rollup.sent() == before


@pytest.mark.parametrize("code", ["0x", "0x5f5ffd"])
def test_refuses_when_the_chain_does_not_tell_the_data_fee(
    rollup: Operator, capsys, code: str
) -> None:
    rollup.chain.call("anvil_setCode", ORACLE, code)
    before = rollup.sent()
    assert rollup.deploy() == 1
    assert "does not say what the L1 data fee is" in capsys.readouterr().err
    assert rollup.sent() == before
