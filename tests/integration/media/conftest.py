"""One installation for all tests of a file, each with people of its own."""

from collections.abc import Iterator

import pytest

from souk.adapters.images.cleaner import SandboxedImageCleaner
from tests.integration.trade.conftest import deployed_chain
from tests.support.shop import Person, Shop, shared_shop
from tests.support.stack import Databases

__all__ = ["deployed_chain"]


@pytest.fixture(scope="module")
def shop(
    databases: Databases, _redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    with shared_shop(databases, _redis_url, tmp_path_factory.mktemp("shop")) as running:
        yield running


@pytest.fixture
def sofia(shop: Shop) -> Person:
    return shop.person("sofia")


@pytest.fixture(scope="session")
def cleaner() -> Iterator[SandboxedImageCleaner]:
    """One for all, as it takes half a second to start."""
    cleaner = SandboxedImageCleaner()
    yield cleaner
    cleaner.close()
