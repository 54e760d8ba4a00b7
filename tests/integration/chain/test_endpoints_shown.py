"""An installation with several endpoints: everything works with what is left of them, and who asks
is told how they are."""

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import SecretStr

from souk.adapters.evm.registry import Deployment
from souk.bootstrap.checks import endpoints_now
from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.domain import Outcome
from souk.modules.chain.service import Chains
from tests.support.chain_builders import CHAIN_ID, chains_of
from tests.support.clock import MovableClock
from tests.support.http import CLIENT_ADDRESS
from tests.support.scripted_chain import ScriptedChain
from tests.support.shop import Shop, shop
from tests.support.stack import Chain, rewound


@pytest.fixture
def crippled(
    database_url: str,
    redis_url: str,
    deployed_chain: tuple[Chain, Deployment],
    clock: MovableClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Shop]:
    """A shop on a chain with three endpoints, the first of which is dead."""
    monkeypatch.setenv("METRICS_NETWORKS", f"{CLIENT_ADDRESS}/32")
    shared, deployment = deployed_chain
    with rewound(shared) as node:
        urls = ("http://127.0.0.1:9/k3y", f"{node.url}/?key=k3y", node.url)
        rpc_urls = {CHAIN_ID: tuple(map(SecretStr, urls))}
        place = (database_url, redis_url, node, deployment, clock, tmp_path)
        with shop(*place, rpc_urls=rpc_urls) as running:
            yield running


def test_sells_when_an_endpoint_is_dead(crippled: Shop) -> None:
    buyer, seller = crippled.person("bruno"), crippled.seller()
    placed = crippled.paid(buyer, (crippled.listing(seller), 1))

    assert crippled.order(buyer, placed["orders"][0]["id"])["status"] == "paid"
    assert crippled.container.get(Chains).advance(CHAIN_ID).outcome is Outcome.CAUGHT_UP


@pytest.mark.pitfall("K3")
def test_tells_how_the_endpoints_are_and_none_of_their_keys(crippled: Shop) -> None:
    crippled.container.get(Chains).looks.look(CHAIN_ID)

    ready = crippled.api("GET", "/health/ready").text
    metrics = crippled.api("GET", "/metrics").text

    assert "3 endpoints, 2 have to agree" in ready
    assert "#1 127.0.0.1:9" in ready
    assert re.search(r"souk_chain_endpoint_score{.*endpoint=.3.*} 100", metrics)
    assert "k3y" not in ready + metrics


@pytest.mark.parametrize(
    ("heard", "said"), [(True, "WebSocket announces"), (False, "WebSocket silent")]
)
def test_says_that_one_endpoint_is_believed_alone_and_whether_heads_are_announced(
    uow: UnitOfWork, heard: bool, said: str
) -> None:
    chains = chains_of(uow, ScriptedChain(), heads=SimpleNamespace(heard=heard))
    chains.looks.look(CHAIN_ID)

    shown = endpoints_now(uow, chains, CHAIN_ID, ["example.org"])

    assert shown == f"single endpoint example.org: its word alone counts; {said}"


def test_sends_through_another_endpoint_when_one_is_dead(crippled: Shop) -> None:
    assert crippled.container.networks[CHAIN_ID].node.chain_id() == CHAIN_ID
