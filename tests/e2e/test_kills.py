"""Kill -9 of a part at any point of a purchase: the order completes all the same, exactly once.

Four points are drawn by a seed, one for each part; `--deep` plays every point with every part.
The seed is fixed; `SOUK_KILL_SEED` draws others.
"""

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import kill_oracle
from tests.support.kill_blow import KillBlow
from tests.support.kill_loss import KillLoss
from tests.support.kill_points import POINTS, Victim
from tests.support.kill_story import KillStory
from tests.support.kill_world import KillWorld
from tests.support.whole_stack import WholeStack

SEED = os.environ.get("SOUK_KILL_SEED", "12")


def play(world: KillWorld, blow: KillBlow) -> None:
    """The story with one blow in it, told to its end and checked."""
    story = KillStory(world, blow)
    story.play()
    assert blow.struck
    blow.await_return()
    end = kill_oracle.told(story)
    kill_oracle.await_rest(world, end)
    kill_oracle.check(world, end)


@pytest.fixture(scope="module")
def world(whole_stack: WholeStack) -> Iterator[KillWorld]:
    """The stack that all stories share, with clients that need not wait for whole minutes."""
    with KillWorld(whole_stack) as shared:
        yield shared


@pytest.mark.parametrize("victim", list(Victim))
def test_completes_the_order_once_when_a_part_is_killed(world: KillWorld, victim: Victim) -> None:
    point = random.Random(f"{SEED}:{victim}").choice(POINTS)
    print(f"seed {SEED}: {victim} is killed at {point}")
    blow = KillBlow(world, point, victim)
    play(world, blow)
    assert tuple(blow.passed) == POINTS


@pytest.fixture(scope="module")
def kill_stack(stack_directory: Path) -> Iterator[WholeStack]:
    """A stack for the campaign alone."""
    stack = WholeStack(stack_directory / "kills")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SIGN_IN_PER_MINUTE", "10000")
        stack.start()
    yield stack
    stack.kill()


@pytest.fixture(scope="module")
def campaign(kill_stack: WholeStack) -> Iterator[KillWorld]:
    """Its clients do wait for as long as they are told to."""
    with KillWorld(kill_stack, real_minutes=True) as shared:
        yield shared


@pytest.mark.deep
@pytest.mark.parametrize("point", POINTS)
def test_completes_the_order_once_whatever_is_killed(
    campaign: KillWorld, point: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for victim in Victim:
        begun = time.monotonic()
        campaign.happened.clear()
        blow = KillBlow(campaign, point, victim)
        play(campaign, blow)
        assert tuple(blow.passed) == POINTS
        met = ", ".join(f"{what} {n}x" for what, n in sorted(campaign.happened.items()))
        with capsys.disabled():
            print(f"\n{time.monotonic() - begun:6.1f} s  {victim:<7}at {point}: {met}", end="")


@pytest.mark.deep
def test_completes_the_order_once_when_the_chain_is_lost_whole(fresh_stack: WholeStack) -> None:
    fresh_stack.start()
    with KillWorld(fresh_stack) as world:
        blow = KillLoss(world, "fulfilment-moving", fresh_stack.state)
        play(world, blow)
    assert tuple(blow.passed) == POINTS
