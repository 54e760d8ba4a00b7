"""The escrow's nine invariants, under everything that anyone may do, on the code that is deployed.

What they are is said in `contracts/test/invariant`. A campaign counts only what happened: each kind
of call must have come to something.
"""

import json
import re
from typing import Any

import pytest

from tests.contracts.conftest import CONTRACTS, Forge

FOLDER = CONTRACTS / "test" / "invariant"
SUITE = "test/invariant/Escrow.t.sol:EscrowInvariants"
INVARIANT = "invariant_the_escrow_keeps_its_nine_promises()"


@pytest.fixture(autouse=True)
def _calls_share_a_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that is checked here depends on it, and a third of the time goes without."""
    monkeypatch.setenv("FOUNDRY_ISOLATE", "false")


def _campaign(forge: Forge) -> dict[str, Any]:
    """Forge's account of the campaign."""
    run = forge("test", "--json", "--match-path", "test/invariant/*")
    assert run.stdout.startswith("{"), run.stdout + run.stderr
    account: dict[str, Any] = json.loads(run.stdout)[SUITE]["test_results"][INVARIANT]
    return account


def _in_vain(account: dict[str, Any]) -> list[str]:
    """The kinds of call that never came to anything: what comes to nothing reverts."""
    metrics = account["kind"]["Invariant"]["metrics"]
    counted = {
        name.rpartition(".")[2]: each["calls"] - each["reverts"] for name, each in metrics.items()
    }
    return [name for name in _kinds() if counted.get(name, 0) == 0]


def _kinds() -> list[str]:
    """Every call that the fuzzer can make, by the sources."""
    sources = "".join(path.read_text() for path in sorted(FOLDER.glob("*.sol")))
    return re.findall(r"function (\w+)\(uint256 seed\) external", sources)


def _assert_kept(account: dict[str, Any]) -> None:
    assert account["status"] == "Success", (account["reason"], account["counterexample"])
    assert _in_vain(account) == []


def test_escrow_keeps_its_promises_when_anyone_does_anything(forge: Forge) -> None:
    _assert_kept(_campaign(forge))


@pytest.mark.deep
def test_escrow_keeps_its_promises_when_it_goes_on_for_long(
    forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOUNDRY_INVARIANT_RUNS", "256")
    monkeypatch.setenv("FOUNDRY_INVARIANT_DEPTH", "500")
    _assert_kept(_campaign(forge))
