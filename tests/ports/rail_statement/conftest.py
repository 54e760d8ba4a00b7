"""The card rail in the sandbox."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.card_rail import CardRail
from tests.support.card_server import CardServer, a_sandbox, a_seller


@pytest.fixture(scope="session")
def card_server(stack_directory: Path) -> Iterator[CardServer]:
    """The sandbox of Stripe's API."""
    with a_sandbox(stack_directory) as server:
        yield server


@pytest.fixture
def card(card_server: CardServer) -> Iterator[CardRail]:
    """The card rail in the sandbox, with a seller who can be paid."""
    yield CardRail(card_server, seller=a_seller(card_server))
    card_server.control("faults/clear")
