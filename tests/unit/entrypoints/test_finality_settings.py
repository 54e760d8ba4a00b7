"""From which amount on a chain's payments wait for more, as the environment says it."""

from contextlib import ExitStack
from pathlib import Path

import pytest
from pydantic import ValidationError

from souk.adapters.evm import registry
from souk.adapters.evm.registry import Contract, Deployment, NativeCoin
from souk.bootstrap.networks import networks
from souk.core.startup import SettingsRefused
from souk.modules.chain.domain import Level
from souk.modules.payments.domain import FinalityPolicy
from souk.settings import Settings, is_variable
from souk.settings.finality import chain_finality

ADDRESS = "0x" + "11" * 20
DEFAULT = {Level.SAFE: 100_000, Level.FINAL: 1_000_000}


def test_reads_the_amounts_of_each_chain() -> None:
    given = {
        "CHAIN_1_FINALITY": "safe=100000, final=1000000",
        "CHAIN_10_FINALITY": "final=0",
        "CHAIN_8453_FINALITY": "confirmed",
        "CHAIN_5_FINALITY": " ",
        "CHAIN_x_FINALITY": "never",
    }

    assert chain_finality(given) == {
        1: {"safe": 100_000, "final": 1_000_000},
        10: {"final": 0},
        8453: {},
    }
    assert [is_variable(name) for name in given] == [True, True, True, True, False]


@pytest.mark.parametrize(
    "value",
    [
        "final",
        "1000000",
        "included=5",
        "confirmed=0,final=5",
        "safe=5,final=5",
        "safe=7,final=5",
        "final=5,safe=7",
        "final=5,final=6",
        "final=1.5",
        "final=-1",
        "final=1_000",
        "final=9999999999999",
        "safe=1,later=2",
    ],
)
def test_says_what_to_write_when_it_cannot_be_meant(value: str) -> None:
    with pytest.raises(ValidationError, match="such as safe=100000,final=1000000") as refused:
        chain_finality({"CHAIN_8453_FINALITY": value})

    assert refused.value.errors()[0]["loc"] == ("CHAIN_8453_FINALITY",)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An installation on Base and on a chain that may be thrown away."""
    for chain_id, disposable in ((8453, False), (31337, True)):
        monkeypatch.setenv(f"CHAIN_{chain_id}_RPC_URLS", "http://127.0.0.1:1")
        record = Deployment(
            chain_id=chain_id,
            name="somewhere",
            block_number=7,
            confirmations=2,
            disposable=disposable,
            escrow=Contract(address=ADDRESS, code_hash="0x" + "12" * 32),
            native=NativeCoin(symbol="ETH", price_feed=ADDRESS),
            tokens=(),
        )
        registry.save(tmp_path, record)
    monkeypatch.setenv("DEPLOYMENTS_DIR", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", "postgresql:///none")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1")
    monkeypatch.setenv("SECRET_KEY", "a secret key of more than 32 characters")
    return monkeypatch


def policies() -> dict[int, FinalityPolicy]:
    with ExitStack() as closing:
        found = networks(Settings.from_environment(), closing)
        return {chain_id: network.money.finality for chain_id, network in found.items()}


def test_asks_more_of_large_payments_where_nothing_is_set_but_for_play(
    environment: pytest.MonkeyPatch,
) -> None:
    found = policies()

    assert {chain_id: policy.since for chain_id, policy in found.items()} == {
        8453: DEFAULT,
        31337: {},
    }
    assert found[8453].seconds == {Level.CONFIRMED: 24, Level.SAFE: 630, Level.FINAL: 1_440}
    assert found[31337].seconds == {Level.CONFIRMED: 2, Level.SAFE: 32, Level.FINAL: 65}


def test_asks_what_the_operator_says(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("CHAIN_8453_FINALITY", "confirmed")
    environment.setenv("CHAIN_31337_FINALITY", "final=7")

    assert {chain_id: policy.since for chain_id, policy in policies().items()} == {
        8453: {},
        31337: {Level.FINAL: 7},
    }


def test_refuses_what_is_said_of_a_chain_that_is_not_reached(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("CHAIN_8454_FINALITY", "final=7")

    with pytest.raises(SettingsRefused, match="set CHAIN_8454_RPC_URLS as well"):
        policies()
