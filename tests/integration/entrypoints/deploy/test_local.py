"""`souk deploy` on the chain of one machine, as `souk up` runs it at each start."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from souk.adapters.evm import registry
from souk.adapters.evm.registry import Deployment
from souk.entrypoints import cli
from tests.support.stack import Chain, chain


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Chain]:
    """A fresh local chain, and nothing said of it but its node's address."""
    with chain(tmp_path / "anvil.log", ticking=False) as node:
        node.call("evm_setAutomine", True)
        monkeypatch.setenv("STATE_DIR", str(tmp_path))
        monkeypatch.setenv("CHAIN_31337_RPC_URLS", node.url)
        yield node


def record(tmp_path: Path) -> Deployment:
    found = registry.find(tmp_path / "deployments", 31337)
    assert found is not None
    return found


def addresses(deployment: Deployment) -> list[str]:
    tokens = [token.address for token in deployment.tokens]
    ens = deployment.ens
    assert ens is not None
    parts = [ens.registry, ens.registrar, ens.controller, ens.wrapper]
    return [deployment.escrow.address, deployment.native.price_feed, *tokens, *parts]


def test_deploys_everything_without_a_file_or_a_key(local: Chain, tmp_path: Path) -> None:
    assert cli.main(["deploy"]) == 0
    assert all(
        local.call("eth_getCode", address, "latest") != "0x"
        for address in addresses(record(tmp_path))
    )


def test_sends_nothing_when_all_of_it_stands(local: Chain, tmp_path: Path, capsys) -> None:
    cli.main(["deploy"])
    before, first = local.height(), record(tmp_path)
    assert cli.main(["deploy"]) == 0
    assert (local.height(), record(tmp_path)) == (before, first)
    assert "already deployed on chain 31337, code matches" in capsys.readouterr().out


def test_deploys_anew_to_the_same_addresses_when_the_chain_was_begun_anew(
    local: Chain, tmp_path: Path
) -> None:
    fresh = local.call("evm_snapshot")
    cli.main(["deploy"])
    first = addresses(record(tmp_path))
    local.call("evm_revert", fresh)
    assert cli.main(["deploy"]) == 0
    assert addresses(record(tmp_path)) == first
    assert local.call("eth_getCode", first[0], "latest") != "0x"


def test_puts_back_what_alone_is_lost(local: Chain, tmp_path: Path) -> None:
    cli.main(["deploy"])
    dollar = record(tmp_path).tokens[0].address
    local.call("anvil_setCode", dollar, "0x")
    local.call("anvil_setNonce", dollar, "0x0")
    assert cli.main(["deploy"]) == 0
    assert local.call("eth_getCode", dollar, "latest") != "0x"


def test_opens_the_names_that_an_earlier_run_left_closed(local: Chain, tmp_path: Path) -> None:
    cli.main(["deploy"])
    first = record(tmp_path)
    fresh = first.model_copy(update={"ens": None})
    registry.save(tmp_path / "deployments", fresh)
    assert cli.main(["deploy"]) == 0
    assert record(tmp_path) == first
