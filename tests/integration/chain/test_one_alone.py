"""What one of three endpoints says alone: it hides nothing, settles nothing and takes nothing
back."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from souk.modules.chain.domain import Outcome
from souk.modules.chain.service import Chains
from tests.support.chain_builders import CHAIN_ID, course, recorded, standing
from tests.support.scripted_chain import Intercepted, ScriptedChain, a_fact, refused

Following = Callable[..., Chains]


@pytest.fixture
def paid(scripted: ScriptedChain) -> ScriptedChain:
    """Ten blocks, with money in the last but one."""
    scripted.grow(8)
    scripted.add(a_fact())
    scripted.grow(1)
    return scripted


@pytest.fixture
def liar(paid: ScriptedChain) -> ScriptedChain:
    """One that has the same blocks, so far."""
    return deepcopy(paid)


@pytest.fixture
def chains(following: Following, paid: ScriptedChain, liar: ScriptedChain) -> Chains:
    """Reading from the liar first."""
    return following(liar, others=[paid, deepcopy(paid)], disposable=False, final_depth=20)


def advance_for_long(chains: Chains) -> Outcome:
    """The outcome when all that can be done was done, with looks in between."""
    outcomes = []
    for _ in range(5):
        chains.looks.look(CHAIN_ID)
        outcomes.append(chains.advance(CHAIN_ID).outcome)
    return outcomes[-1]


def test_finds_money_when_one_endpoint_alone_hides_it(
    chains: Chains, liar: ScriptedChain, connection: Connection
) -> None:
    header, _ = liar.blocks[9]
    liar.blocks[9] = (replace(header, logs_bloom=bytes(256)), ())

    assert advance_for_long(chains) is Outcome.CAUGHT_UP
    assert len(standing(connection)) == 1


def test_believes_no_other_time_of_a_block_when_one_endpoint_alone_names_it(
    chains: Chains, liar: ScriptedChain, connection: Connection
) -> None:
    header, logs = liar.blocks[9]
    liar.blocks[9] = (replace(header, timestamp=header.timestamp + 10**6), logs)
    advance_for_long(chains)
    times = {row[1]: row[4] for row in recorded(connection)["chain_block"]}

    assert max(times.values()) < header.timestamp + 10**6


def test_settles_nothing_when_one_endpoint_alone_has_the_blocks_above(
    chains: Chains, liar: ScriptedChain, connection: Connection
) -> None:
    liar.grow(30, branch=7)
    chains.advance(CHAIN_ID)

    assert course(connection) == ["seen", "confirmed"]


def test_calls_nothing_final_when_one_endpoint_alone_does(
    chains: Chains, liar: ScriptedChain, connection: Connection
) -> None:
    liar.final = liar.height
    advance_for_long(chains)

    assert course(connection) == ["seen", "confirmed"]


def test_takes_nothing_back_when_one_endpoint_alone_has_another_branch(
    following: Following, paid: ScriptedChain, liar: ScriptedChain, connection: Connection
) -> None:
    third = Intercepted(deepcopy(paid))
    chains = following(liar, others=[paid, third], disposable=False, final_depth=20)
    chains.advance(CHAIN_ID)
    third.hooks = dict.fromkeys(("tips", "headers", "identity"), refused)
    liar.cut(8)
    liar.grow(2, branch=7)
    chains.advance(CHAIN_ID)

    assert "orphaned" not in course(connection)


@pytest.mark.parametrize(
    ("height", "outcome"), [(10, Outcome.CAUGHT_UP), (8, Outcome.BEHIND)], ids=["all", "two"]
)
def test_asks_all_there_are_when_more_are_asked_for(
    following: Following, paid: ScriptedChain, height: int, outcome: Outcome
) -> None:
    last = deepcopy(paid)
    last.cut(height)

    chains = following(paid, others=[deepcopy(paid), last], quorum=9, disposable=False)

    assert chains.advance(CHAIN_ID).outcome is outcome
