"""The rails: an escrow on a chain of its own, and a card provider."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from souk.core.addresses import ZERO_ADDRESS, Address
from tests.support.card_capabilities import Can, can
from tests.support.card_rail import CardRail
from tests.support.card_server import CardServer, a_sandbox, a_seller
from tests.support.chain_builders import a_node
from tests.support.escrow_promises import EscrowOfPromises
from tests.support.localstripe import a_localstripe
from tests.support.rail_builders import EscrowRail
from tests.support.stack import Chain


@pytest.fixture
def rail(still_chain: Chain) -> Iterator[EscrowRail]:
    with a_node(still_chain.url) as node:
        yield EscrowRail(still_chain, node)


@pytest.fixture(params=["coin", "token"])
def token(request: pytest.FixtureRequest, rail: EscrowRail) -> Address:
    return ZERO_ADDRESS if request.param == "coin" else rail.dollar


@pytest.fixture(scope="session")
def card_server(stack_directory: Path) -> Iterator[CardServer]:
    """The sandbox of Stripe's API."""
    with a_sandbox(stack_directory) as server:
        yield server


@pytest.fixture(scope="session")
def localstripe(stack_directory: Path) -> Iterator[CardServer]:
    """Another server of Stripe's API, which knows less."""
    with a_localstripe(stack_directory) as server:
        yield server


@pytest.fixture
def card(card_server: CardServer) -> Iterator[CardRail]:
    """The card rail in the sandbox, with a seller who can be paid."""
    yield CardRail(card_server, seller=a_seller(card_server))
    card_server.control("faults/clear")


@pytest.fixture
def any_rail(request: pytest.FixtureRequest) -> CardRail | EscrowOfPromises:
    """The rail that a test of `where` is for."""
    if request.param == "escrow":
        return EscrowOfPromises(request.getfixturevalue("rail"))
    server = request.getfixturevalue(request.param)
    seller = a_seller(server) if can(request.param, Can.HAND_ON) else "acct_none"
    return CardRail(server, seller=seller)
