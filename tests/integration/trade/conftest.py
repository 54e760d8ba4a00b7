"""A fresh installation for each test, on one chain that is put back after each of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from souk.adapters.evm.registry import Deployment
from tests.support.clock import MovableClock
from tests.support.shop import Shop, deployed, shop
from tests.support.stack import Chain, chain, rewound

Deployed = tuple[Chain, Deployment]


@pytest.fixture(scope="session")
def deployed_chain(stack_directory: Path) -> Iterator[Deployed]:
    with chain(stack_directory / "shop-chain.log", ticking=False) as node:
        yield node, deployed(node)


@pytest.fixture(name="shop")
def fresh_shop(
    database_url: str,
    redis_url: str,
    deployed_chain: Deployed,
    clock: MovableClock,
    tmp_path: Path,
) -> Iterator[Shop]:
    shared, deployment = deployed_chain
    with (
        rewound(shared) as node,
        shop(database_url, redis_url, node, deployment, clock, tmp_path) as running,
    ):
        yield running
