"""Shops on a server that speaks Stripe's API."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.card_server import CardServer, a_sandbox
from tests.support.card_shop import CardShop, a_card_shop
from tests.support.clock import MovableClock


@pytest.fixture(scope="session")
def card_server(stack_directory: Path) -> Iterator[CardServer]:
    """The sandbox of Stripe's API."""
    with a_sandbox(stack_directory) as server:
        yield server


@pytest.fixture
def faulty_server(card_server: CardServer) -> Iterator[CardServer]:
    """The same, and nothing that was ordered to go wrong is left to go wrong afterwards."""
    yield card_server
    card_server.control("faults/clear")


@pytest.fixture
def clock() -> MovableClock:
    """The provider's time is the real one, so that ours begins there too."""
    return MovableClock(datetime.now(UTC))


@pytest.fixture
def shop(uow, card_server, clock) -> CardShop:
    return a_card_shop(uow, card_server, clock)
