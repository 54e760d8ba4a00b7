"""`souk deploy --put-factory`: whatever happens in between, the factory is paid for once."""

from collections.abc import Callable

import pytest

from souk.adapters.evm.deployment import Deployer
from souk.adapters.evm.deployment.create2 import FACTORY, FACTORY_COST, FACTORY_SENDER
from souk.adapters.evm.network_file import Network
from souk.embedded.anvil import DEPLOYER_KEY
from tests.support.watched_node import Call, watched

from .conftest import OTHER, Operator

KEYLESS = "0xf8a58085174876e800830186a080"


class Died(BaseException):
    """The process ended here."""


@pytest.fixture
def bare(operator: Operator) -> Operator:
    """On a chain where nobody has put the factory."""
    operator.forget_factory()
    return operator


def die_after_paying(operator: Operator) -> None:
    """A first run, of which the node has the payment in its pool."""

    def say(line: str) -> None:
        if line.startswith("paid"):
            raise Died

    operator.chain.call("evm_setAutomine", False)
    deployer = Deployer(operator.chain.url, DEPLOYER_KEY, OTHER, say)
    with pytest.raises(Died):
        deployer.deploy_escrow(
            Network.model_validate(operator.table),
            max_fee_per_gas=10**11,
            records=operator.records,
            may_put_factory=True,
        )


def refuse_to_send(operator: Operator, monkeypatch: pytest.MonkeyPatch, beginning: str) -> None:
    """A run with a node that does not take transactions that begin so."""

    def meddle(call: Call) -> Call | None:
        sends = call["method"] == "eth_sendRawTransaction"
        return None if sends and str(call["params"][0]).startswith(beginning) else call

    with watched(operator.chain.url, meddle) as node, monkeypatch.context() as patch:
        patch.setenv(f"CHAIN_{OTHER}_RPC_URLS", node.url)
        assert operator.deploy("--put-factory") == 1


def happening(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, after: str, happens: Callable[[], object]
) -> int:
    """A run while something happens on the chain right after a question about the sender of the
    factory was answered."""
    asked = []

    def meddle(call: Call) -> Call:
        if asked == [True]:
            happens()
            asked.append(False)
        if call["method"] == after and call["params"][0] == FACTORY_SENDER and not asked:
            asked.append(True)
        return call

    with watched(operator.chain.url, meddle) as node, monkeypatch.context() as patch:
        patch.setenv(f"CHAIN_{OTHER}_RPC_URLS", node.url)
        code = operator.deploy("--put-factory")
    assert asked == [True, False]
    return code


def payments(operator: Operator) -> int:
    """How often the factory's sender was paid, as its transaction uses up what it costs."""
    held = int(str(operator.chain.call("eth_getBalance", FACTORY_SENDER, "latest")), 16)
    return held // FACTORY_COST + 1


def test_pays_once_when_killed_while_the_payment_waits_for_a_block(bare: Operator) -> None:
    before = bare.sent()
    die_after_paying(bare)
    bare.chain.call("evm_setIntervalMining", 1)
    assert bare.deploy("--put-factory") == 0
    assert (bare.sent() - before, payments(bare)) == (2, 1)


def test_sends_the_same_payment_again_when_the_node_did_not_take_it(
    bare: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = bare.sent()
    refuse_to_send(bare, monkeypatch, "0x02")
    signed = (bare.records / "1234.pending.json").read_text()
    refuse_to_send(bare, monkeypatch, "0x02")
    assert (bare.records / "1234.pending.json").read_text() == signed
    assert bare.sent() == before


def test_pays_once_when_stopped_between_the_payment_and_the_factory(
    bare: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = bare.sent()
    refuse_to_send(bare, monkeypatch, KEYLESS)
    assert bare.deploy("--put-factory") == 0
    assert (bare.sent() - before, payments(bare)) == (2, 1)


def test_pays_more_for_the_same_payment_when_the_fee_has_outgrown_it(bare: Operator) -> None:
    before = bare.sent()
    die_after_paying(bare)
    bare.chain.call("anvil_setNextBlockBaseFeePerGas", hex(20 * 10**9))
    bare.chain.mine()
    bare.chain.call("evm_setAutomine", True)
    assert bare.deploy("--put-factory") == 0
    assert (bare.sent() - before, payments(bare)) == (2, 1)


def test_pays_nothing_when_the_factory_can_come_no_more(bare: Operator, capsys) -> None:
    before = bare.sent()
    bare.chain.call("anvil_setNonce", FACTORY_SENDER, "0x1")
    assert bare.deploy("--put-factory") == 1
    assert "it can be sent only once" in capsys.readouterr().err
    assert bare.sent() == before


@pytest.mark.parametrize("question", ["eth_getTransactionCount", "eth_getBalance"])
def test_pays_once_when_the_earlier_payment_comes_meanwhile(
    bare: Operator, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    before = bare.sent()
    die_after_paying(bare)

    def mine() -> None:
        bare.chain.mine()
        bare.chain.call("evm_setAutomine", True)

    assert happening(bare, monkeypatch, question, mine) == 0
    assert (bare.sent() - before, payments(bare)) == (2, 1)


def test_goes_on_when_the_factory_comes_meanwhile(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, before = operator.code(FACTORY), operator.sent()
    operator.forget_factory()
    operator.chain.call("anvil_setNonce", FACTORY_SENDER, "0x1")

    def appear() -> None:
        operator.chain.call("anvil_setCode", FACTORY, code)

    assert happening(operator, monkeypatch, "eth_getTransactionCount", appear) == 0
    assert operator.sent() - before == 1
