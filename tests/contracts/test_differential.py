"""The escrow contract against its model: any sequence of actions does the same to both.

After every action the outcome, the events in their order, and every state, credit and balance are
compared; what reverts cannot have changed anything, which is looked at once, at the end. A failure
prints the shortest `Script` that was found, which can be put into `KNOWN` as it stands.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.contracts.conftest import ARTIFACTS
from tests.support.escrow_actions import FUNCTIONS, Call, Treat
from tests.support.escrow_anvil import anvil_chain
from tests.support.escrow_comparison import Tally, first_difference
from tests.support.escrow_pyevm import PyEvmChain
from tests.support.escrow_sequences import Script, scripts
from tests.support.escrow_stage import START, Stage
from tests.support.escrow_terms import COIN, Kind, Order

ACTIONS = 30
EVENTS = ("Paid", "Fulfilled", "Disputed", "Reimbursed", "Credited", "Withdrawn")
FIELDS = (*range(11), 255)
# Errors of the contract that no sequence can meet, and why.
NEVER = {
    "NoPermit2": "Permit2 is there",
    "ReentrancyGuardReentrantCall": "a payee that calls back keeps it to itself",
    "FailedCall": "stands for the words of the payee",
    "SafeERC20FailedOperation": "stands for the words of the token",
    "InsufficientBalance": "the escrow has what it owes",
    "InvalidShortString": "of the constructor",
    "StringTooLong": "of the constructor",
}
KNOWN = {
    "a batch whose payees refuse, are slow, and have been paid": Script(
        orders={
            ref: Order(
                buyer="wallet",
                seller="fickle payee",
                token=COIN,
                amount=1_000 + ref,
                arbiter="arbiter",
                fee_to="fee taker",
                fee_bps=333,
                silent_bps=5_000,
                pay_by=START + 600,
                fulfil_by=START + 10_000 if ref else 0,
                window=0,
                ref=ref,
            )
            for ref in range(3)
        },
        actions=(
            Call(START + 1, "wallet", "pay", ((0, 1, 2),), value=3_003),
            Treat(START + 2, COIN, "fickle payee", "SpendSixtyThousandGas"),
            Call(START + 2, "stranger", "release", ((0,),)),
            Treat(START + 3, COIN, "fickle payee", "Revert"),
            Call(START + 4, "wallet", "release", ((0, 1, 0),)),
            Call(START + 5, "fickle payee", "withdraw", (COIN, "fickle payee")),
            Call(START + 10_000, "stranger", "refund", ((2,),)),
            Call(START + 10_001, "stranger", "refund", ((1, 2),)),
            Call(START + 10_002, "fickle payee", "withdraw", (COIN, "seller")),
        ),
    ),
}


@pytest.fixture(scope="module")
def on_anvil(compiled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The contract on anvil."""
    with anvil_chain(tmp_path_factory.mktemp("anvil")) as chain:
        yield Stage(chain, ARTIFACTS, compiled)


@pytest.fixture(scope="module")
def on_py_evm(compiled: Path) -> Stage:
    """The contract on py-evm."""
    return Stage(PyEvmChain(), ARTIFACTS, compiled)


def campaign(stage: Stage, sequences: int, *, same_everywhere: bool) -> Tally:
    """Plays so many sequences, or fails on the shortest part of one that differs."""
    tally = Tally()

    @settings(
        max_examples=sequences,
        derandomize=same_everywhere,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(scripts(ACTIONS))
    def agree(script: Script) -> None:
        difference = first_difference(stage, script, tally)
        assert difference is None, f"{difference}\n\n{script}"

    agree()
    return tally


def never_seen(tally: Tally) -> set[str]:
    """What should have happened in a campaign and did not."""
    abi = json.loads((ARTIFACTS / "Escrow.json").read_text())["abi"]
    errors = {entry["name"] for entry in abi if entry["type"] == "error"} - set(NEVER)
    refusals = (errors - {"BadOrder"}) | {f"BadOrder {field}" for field in FIELDS}
    events = {*EVENTS, *(f"Settled {kind.value}" for kind in Kind)}
    return {
        *(f"{name} succeeding" for name in FUNCTIONS if not tally.succeeded[name]),
        *(f"event {name}" for name in events if not tally.events[name]),
        *(f"error {name}" for name in refusals if not tally.refused[name]),
        *(f"error {name} as the only reason" for name in errors if not tally.exact[name]),
    }


@pytest.mark.parametrize("script", KNOWN.values(), ids=KNOWN)
def test_anvil_does_as_the_model_when_a_known_sequence_is_played(
    on_anvil: Stage, script: Script
) -> None:
    assert first_difference(on_anvil, script, Tally()) is None


def test_anvil_does_as_the_model_when_any_sequence_is_played(
    on_anvil: Stage, pytestconfig: pytest.Config
) -> None:
    deep = pytestconfig.getoption("--deep")
    tally = campaign(on_anvil, 2_000 if deep else 100, same_everywhere=not deep)

    assert never_seen(tally) == set()


def test_py_evm_does_as_the_model_when_any_sequence_is_played(
    on_py_evm: Stage, pytestconfig: pytest.Config
) -> None:
    deep = pytestconfig.getoption("--deep")
    tally = campaign(on_py_evm, 50 if deep else 5, same_everywhere=not deep)

    assert sum(tally.succeeded.values()) > tally.sequences
