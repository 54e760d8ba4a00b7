"""What the contract says of our legs at a block, read from a real node."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from souk.adapters.evm.escrow.statement import EvmEscrowStatement
from souk.core.addresses import ZERO_ADDRESS
from souk.core.errors import ProviderUnavailable
from souk.modules.books.domain import Position, RailFigures
from souk.modules.payments.domain import Leg, LegStatus, Party
from tests.support.chain_builders import CHAIN_ID, a_node
from tests.support.clock import START
from tests.support.rail_builders import EscrowRail, allow
from tests.support.stack import Chain


@pytest.fixture
def rail(still_chain: Chain) -> Iterator[EscrowRail]:
    with a_node(still_chain.url) as node:
        yield EscrowRail(still_chain, node)


@pytest.fixture
def statement(rail: EscrowRail) -> EvmEscrowStatement:
    """Without a record of logs, which figures do not need."""
    return EvmEscrowStatement(CHAIN_ID, rail.node, record=None)


def here(rail: EscrowRail) -> Position:
    """The newest block."""
    [block] = rail.node.blocks(["latest"])
    return Position(at=START, settled_at=START, block_number=block.number, block_hash=block.hash)


def said(rail: EscrowRail, statement: EvmEscrowStatement, leg: Leg) -> RailFigures:
    return statement.figures(here(rail), [leg])[leg.id]


@pytest.fixture(params=["coin", "token"])
def paid(request: pytest.FixtureRequest, rail: EscrowRail) -> Leg:
    token = ZERO_ADDRESS if request.param == "coin" else rail.dollar
    [leg] = rail.pay(rail.plan(token, 1_000))
    return leg


def test_says_nothing_of_an_order_that_nobody_paid(rail, statement) -> None:
    [leg] = rail.legs(rail.plan(rail.dollar, 1_000))

    assert said(rail, statement, leg) == RailFigures(status=LegStatus.AWAITING)


def test_says_what_is_held(rail, statement, paid) -> None:
    assert said(rail, statement, paid) == RailFigures(held=1_000, status=LegStatus.HELD)


def test_says_what_was_released(rail, statement, paid) -> None:
    rail.sign(rail.buyer, rail.gateway.release([paid]))

    assert said(rail, statement, paid) == RailFigures(
        held=1_000, released=1_000, status=LegStatus.RELEASED
    )


def test_says_what_was_refunded(rail, statement, paid) -> None:
    rail.sign(rail.seller, rail.gateway.refund([paid]))

    assert said(rail, statement, paid) == RailFigures(
        held=1_000, refunded=1_000, status=LegStatus.REFUNDED
    )


def test_says_that_a_party_disputes(rail, statement) -> None:
    [leg] = rail.pay(rail.plan(rail.dollar, 1_000, digital=True))
    rail.sign(rail.buyer, rail.gateway.dispute(leg, Party.BUYER))

    assert said(rail, statement, leg) == RailFigures(held=1_000, status=LegStatus.DISPUTED)


@pytest.mark.parametrize("known", [300, 0])
def test_says_of_a_reimbursement_what_we_know_of_it(rail, statement, known: int) -> None:
    [leg] = rail.pay(rail.plan(rail.dollar, 1_000))
    rail.sign(rail.buyer, rail.gateway.release([leg]))
    rail.mint(rail.seller.address, 300)
    allow(rail, rail.seller, rail.dollar, 300)
    rail.sign(rail.seller, rail.gateway.reimburse(replace(leg, released=1_000), 300))

    figures = said(rail, statement, replace(leg, reimbursed=known))

    # One that we do not know of looks like a refund, which is a difference as well.
    assert (figures.released, figures.refunded, figures.reimbursed) == (
        700 + known,
        300 - known,
        known,
    )


def test_says_what_was_so_at_the_block_and_not_what_is_so_now(rail, statement, paid) -> None:
    then = here(rail)
    rail.sign(rail.buyer, rail.gateway.release([paid]))

    assert statement.figures(then, [paid])[paid.id].remaining == 1_000


def test_refuses_to_say_anything_of_a_block_that_left_the_chain(rail, statement, paid) -> None:
    then = here(rail)
    rail.chain.call("anvil_reorg", 1, [])

    with pytest.raises(ProviderUnavailable):
        statement.figures(then, [paid])


def test_says_what_lies_in_the_contract_with_what_strangers_put_there(
    rail, statement, paid
) -> None:
    rail.mint(rail.escrow, 77)
    then = here(rail)

    extra = 0 if paid.terms.token == ZERO_ADDRESS else 77
    assert statement.holdings(then, [paid, paid]) == {paid.asset.code: 1_000 + extra}


def test_knows_the_legs_of_its_own_chain(rail, statement, paid) -> None:
    elsewhere = EvmEscrowStatement(CHAIN_ID + 1, rail.node, record=None)

    assert (statement.knows(paid), elsewhere.knows(paid)) == (True, False)
