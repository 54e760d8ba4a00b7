"""An installation that tests share, and one of their own for those that change its settings."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from souk.adapters.evm.registry import Deployment
from tests.support.clock import MovableClock
from tests.support.shop import Shop, deployed, shared_shop
from tests.support.shop import shop as installation
from tests.support.stack import Chain, Databases, chain, rewound

Deployed = tuple[Chain, Deployment]
Opened = Callable[..., Shop]


@pytest.fixture(scope="session")
def deployed_chain(stack_directory: Path) -> Iterator[Deployed]:
    with chain(stack_directory / "routing-chain.log", ticking=False) as node:
        yield node, deployed(node)


@pytest.fixture
def opened(
    database_url: str,
    redis_url: str,
    deployed_chain: Deployed,
    clock: MovableClock,
    tmp_path: Path,
) -> Iterator[Opened]:
    """Opens the installation, with settings of the test's own."""
    shared, deployment = deployed_chain
    with rewound(shared) as node, ExitStack() as stack:

        def open_it(**groups: object) -> Shop:
            parts = (database_url, redis_url, node, deployment, clock, tmp_path)
            return stack.enter_context(installation(*parts, **groups))

        yield open_it


@pytest.fixture(scope="session")
def shop(
    databases: Databases, _redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """One for all tests that change neither its settings nor its clocks."""
    with shared_shop(databases, _redis_url, tmp_path_factory.mktemp("shop")) as running:
        yield running
