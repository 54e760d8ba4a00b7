"""How settled a block is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from souk.modules.chain.domain import (
    ChainConfig,
    Heights,
    Level,
    heights,
)
from tests.support.chain_builders import a_config

NUMBERS = st.integers(-1, 200)


@pytest.mark.parametrize(
    ("number", "level"),
    [
        (100, Level.INCLUDED),
        (99, Level.CONFIRMED),
        (85, Level.CONFIRMED),
        (84, Level.SAFE),
        (69, Level.SAFE),
        (68, Level.FINAL),
    ],
)
def test_counts_the_block_itself_when_depth_is_two(number: int, level: Level) -> None:
    reached = heights(a_config(confirmations=2), head=100, safe=84, final=68)

    assert reached.level_of(number) is level


def test_falls_back_to_depth_when_the_node_has_no_tags() -> None:
    config = a_config(safe_depth=10, final_depth=20)

    assert heights(config, head=100, safe=None, final=None) == Heights(99, 90, 80)


@pytest.mark.pitfall("W20")
def test_cuts_a_tag_at_our_head_when_the_node_is_ahead() -> None:
    reached = heights(a_config(), head=50, safe=90, final=80)

    assert (reached.safe, reached.final) == (50, 50)


@given(head=NUMBERS, safe=st.none() | NUMBERS, final=st.none() | NUMBERS)
def test_never_calls_an_unseen_block_settled(
    head: int, safe: int | None, final: int | None
) -> None:
    reached = heights(a_config(), head=head, safe=safe, final=final)

    assert reached.level_of(head + 1) is Level.INCLUDED
    assert reached.final <= max(reached.safe, -1) or reached.final == -1


@pytest.mark.parametrize(
    "wrong",
    [{"confirmations": 0}, {"start_block": -1}, {"poll_seconds": 0}, {"chain_id": 1}],
)
def test_refuses_a_configuration_that_cannot_be(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"impossible|disposable"):
        a_config(**wrong)


def test_lets_any_chain_be_followed_when_it_is_not_disposable() -> None:
    assert isinstance(a_config(chain_id=8453, disposable=False), ChainConfig)
