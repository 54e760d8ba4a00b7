"""Which chains are asked, and by how many at once."""

from contextlib import ExitStack, suppress

import pytest

from souk.adapters.evm.presence import ChainPresence
from souk.core.errors import ProviderUnavailable
from souk.modules.chain.errors import CallReverted, NodeRefuses
from tests.support.clock import MovableClock

HERE, THERE = 1, 2


def fail(presence: ChainPresence, chain_id: int = HERE) -> None:
    """Ask a chain that does not answer."""
    with pytest.raises(ProviderUnavailable, match="silence"), presence.asking(chain_id):
        raise ProviderUnavailable("silence")


def ask(presence: ChainPresence, chain_id: int = HERE) -> None:
    """Ask a chain that answers."""
    with presence.asking(chain_id):
        pass


def refusal(presence: ChainPresence, chain_id: int = HERE) -> str:
    """Why a chain may not be asked."""
    with pytest.raises(ProviderUnavailable) as refused, presence.asking(chain_id):
        raise AssertionError("it was asked")
    return refused.value.detail


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def presence(clock: MovableClock) -> ChainPresence:
    return ChainPresence(clock, at_one=3, at_all=4)


def test_leaves_a_chain_alone_for_a_moment_that_did_not_answer(presence, clock) -> None:
    fail(presence)

    assert "did not answer a moment ago" in refusal(presence)
    clock.advance(seconds=5)
    ask(presence)


def test_counts_the_moment_from_when_the_waiting_was_over(presence, clock) -> None:
    with suppress(ProviderUnavailable), presence.asking(HERE):
        clock.advance(seconds=20)
        raise ProviderUnavailable("silence")

    assert "a moment ago" in refusal(presence)


def test_asks_the_others_all_the_same(presence) -> None:
    fail(presence, HERE)

    ask(presence, THERE)


def test_lets_one_alone_try_a_chain_that_was_away(presence, clock) -> None:
    fail(presence)
    clock.advance(seconds=5)

    with presence.asking(HERE):
        assert "a moment ago" in refusal(presence)

    with presence.asking(HERE):
        ask(presence)


@pytest.mark.parametrize("answer", [CallReverted("0x"), NodeRefuses("no"), KeyError("ours")])
def test_takes_every_answer_for_one(presence, answer) -> None:
    with pytest.raises(type(answer)), presence.asking(HERE):
        raise answer

    ask(presence)


def test_lets_no_more_wait_for_a_chain_than_may(presence) -> None:
    with ExitStack() as waiting:
        for _ in range(3):
            waiting.enter_context(presence.asking(HERE))

        assert refusal(presence, HERE) == "too many wait for an answer of chain 1"
        ask(presence, THERE)

    ask(presence, HERE)


def test_lets_no_more_wait_for_all_chains_together_than_may(presence) -> None:
    with ExitStack() as waiting:
        for chain_id in (HERE, HERE, THERE, THERE):
            waiting.enter_context(presence.asking(chain_id))

        assert "too many wait" in refusal(presence, 3)
