"""One sandbox of Stripe's API for all tests of a worker; folders of tests import what they need."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.card_server import CardServer, a_sandbox


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
