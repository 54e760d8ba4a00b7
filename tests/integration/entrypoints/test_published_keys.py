"""Keys that come with development nodes: good on the chain of one machine, and nowhere else."""

from pathlib import Path

import pytest
from eth_account import Account

from souk.adapters.evm import registry
from souk.adapters.evm.published_keys import PUBLISHED_ACCOUNTS
from souk.adapters.evm.registry import Contract, Deployment, NativeCoin
from souk.embedded.anvil import ARBITER_ADDRESS, DEVELOPMENT_KEY, FEE_TO_ADDRESS, SELLER_KEY
from souk.entrypoints import cli

PHRASE = "test " * 11 + "junk"
ADDRESS = "0x" + "11" * 20
OWN_KEY = "0x" + "22" * 32


def a_record(chain_id: int) -> Deployment:
    return Deployment(
        chain_id=chain_id,
        name=f"chain of {chain_id}",
        block_number=0,
        confirmations=1,
        disposable=chain_id == 31337,
        escrow=Contract(address=ADDRESS, code_hash="0x" + "12" * 32),
        native=NativeCoin(symbol="ETH", price_feed=ADDRESS),
        tokens=(),
    )


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database_url: str):
    """An installation that serves a chain of others."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:9")
    monkeypatch.setenv("SECRET_KEY", "of a test, and long enough for it")
    monkeypatch.setenv("STATE_DIR", str(tmp_path))
    monkeypatch.setenv("CHAIN_8453_RPC_URLS", "http://127.0.0.1:9")
    registry.save(tmp_path / "deployments", a_record(8453))
    return monkeypatch


@pytest.mark.pitfall("K1")
@pytest.mark.parametrize("purpose", ["KEEPER", "RELAYER"])
def test_refuses_a_key_that_everybody_has(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], purpose: str
) -> None:
    environment.setenv(f"{purpose}_PRIVATE_KEY", SELLER_KEY)

    assert cli.main(["role", "give", "admin", ADDRESS]) == 2

    said = capsys.readouterr().err
    assert f"{purpose}_PRIVATE_KEY" in said
    assert SELLER_KEY[2:] not in said


@pytest.mark.pitfall("K1")
@pytest.mark.parametrize(
    ("variable", "address"),
    [("ARBITER_ADDRESS", ARBITER_ADDRESS), ("FEE_TO_ADDRESS", FEE_TO_ADDRESS.lower())],
)
def test_refuses_an_account_of_which_everybody_has_the_key(
    environment: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variable: str,
    address: str,
) -> None:
    environment.setenv(variable, address)

    assert cli.main(["role", "give", "admin", ADDRESS]) == 2

    assert f"{variable}: everybody has the key" in capsys.readouterr().err


def test_takes_a_key_of_ones_own(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setenv("KEEPER_PRIVATE_KEY", OWN_KEY)

    cli.main(["role", "give", "admin", ADDRESS])

    assert "nobody has signed in as that yet" in capsys.readouterr().err


def test_takes_the_local_key_on_the_local_chain(
    environment: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.delenv("CHAIN_8453_RPC_URLS")
    environment.setenv("CHAIN_31337_RPC_URLS", "http://127.0.0.1:9")
    environment.setenv("KEEPER_PRIVATE_KEY", DEVELOPMENT_KEY)
    environment.setenv("ARBITER_ADDRESS", ARBITER_ADDRESS)
    environment.setenv("FEE_TO_ADDRESS", FEE_TO_ADDRESS)
    registry.save(tmp_path / "deployments", a_record(31337))

    cli.main(["role", "give", "admin", ADDRESS])

    assert "nobody has signed in as that yet" in capsys.readouterr().err


def test_knows_all_that_the_phrase_gives() -> None:
    Account.enable_unaudited_hdwallet_features()
    paths = [f"m/44'/60'/0'/0/{index}" for index in range(20)]
    given = {Account.from_mnemonic(PHRASE, account_path=path).address for path in paths}
    assert given == PUBLISHED_ACCOUNTS
