"""`souk seed`: a shop whose key is public, so on the chain of one machine alone."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from souk.adapters.evm import registry
from souk.adapters.evm.registry import Contract, Deployment, NativeCoin
from souk.entrypoints import cli

ADDRESS = "0x" + "00" * 19 + "01"
LOCAL = Deployment(
    chain_id=31337,
    name="local",
    block_number=0,
    confirmations=1,
    disposable=True,
    escrow=Contract(address=ADDRESS, code_hash="0x" + "12" * 32),
    native=NativeCoin(symbol="ETH", price_feed=ADDRESS),
    tokens=(),
)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database_url: str):
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:9")
    monkeypatch.setenv("SECRET_KEY", "of a test, and long enough for it")
    monkeypatch.setenv("STATE_DIR", str(tmp_path))
    monkeypatch.setenv("CHAIN_31337_RPC_URLS", "http://127.0.0.1:9")
    registry.save(tmp_path / "deployments", LOCAL)
    return monkeypatch


def stores(engine: Engine) -> int:
    with engine.begin() as connection:
        return connection.execute(text("SELECT count(*) FROM seller")).scalar_one()


def test_stocks_a_shop_on_the_local_chain(environment, engine: Engine) -> None:
    assert cli.main(["seed"]) == 0
    assert stores(engine) == 1


def test_writes_nothing_when_another_chain_is_served_too(environment, engine: Engine) -> None:
    environment.setenv("CHAIN_8453_RPC_URLS", "http://127.0.0.1:9")
    assert cli.main(["seed"]) == 1
    assert stores(engine) == 0


def test_writes_nothing_when_no_chain_is_served(environment, engine: Engine) -> None:
    environment.delenv("CHAIN_31337_RPC_URLS")
    assert cli.main(["seed"]) == 1
    assert stores(engine) == 0


def test_writes_nothing_when_the_chain_is_not_disposable(
    environment, engine: Engine, tmp_path: Path
) -> None:
    kept = LOCAL.model_copy(update={"disposable": False})
    registry.save(tmp_path / "deployments", kept)
    assert cli.main(["seed"]) == 1
    assert stores(engine) == 0
