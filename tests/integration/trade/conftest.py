"""A fresh installation for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clock import MovableClock
from tests.support.shop import Shop, shop
from tests.support.stack import Chain


@pytest.fixture(name="shop")
def fresh_shop(
    database_url: str, redis_url: str, still_chain: Chain, clock: MovableClock, tmp_path: Path
) -> Iterator[Shop]:
    with shop(database_url, redis_url, still_chain, clock, tmp_path) as running:
        yield running
