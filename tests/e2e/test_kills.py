"""Kill -9 of a part at any point of a purchase: the order completes all the same, exactly once.

Four points are drawn by a seed, one for each part; `--deep` plays every point with every part.
The seed is fixed; `SOUK_KILL_SEED` draws others.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import kill_oracle
from tests.support.kill_blow import KillBlow
from tests.support.kill_points import POINTS, Victim
from tests.support.kill_story import KillStory
from tests.support.kill_world import KillWorld
from tests.support.whole_stack import WholeStack

SEED = os.environ.get("SOUK_KILL_SEED", "1")


def play(world: KillWorld, point: str, victim: Victim) -> KillBlow:
    """The story with one blow in it, told to its end and checked."""
    blow = KillBlow(world, point, victim)
    story = KillStory(world, blow)
    story.play()
    assert blow.struck
    blow.await_return()
    end = kill_oracle.told(story)
    kill_oracle.await_rest(world, end)
    kill_oracle.check(world, end)
    return blow


@pytest.mark.parametrize("victim", list(Victim))
def test_completes_the_order_once_when_a_part_is_killed(
    whole_stack: WholeStack, victim: Victim
) -> None:
    point = random.Random(f"{SEED}:{victim}").choice(POINTS)
    print(f"seed {SEED}: {victim} is killed at {point}")
    with KillWorld(whole_stack) as world:
        blow = play(world, point, victim)
    assert tuple(blow.passed) == POINTS


@pytest.fixture(scope="module")
def kill_stack(stack_directory: Path) -> Iterator[WholeStack]:
    """A stack for the campaign alone."""
    stack = WholeStack(stack_directory / "kills")
    stack.start()
    yield stack
    stack.kill()


@pytest.fixture(scope="module")
def happened() -> Iterator[Counter[str]]:
    """What befell clients and wallets in the whole campaign."""
    tally: Counter[str] = Counter()
    yield tally
    print(f"in the whole campaign: {dict(tally)}")


@pytest.mark.deep
@pytest.mark.parametrize("point", POINTS)
def test_completes_the_order_once_whatever_is_killed(
    kill_stack: WholeStack,
    happened: Counter[str],
    point: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for victim in Victim:
        begun = time.monotonic()
        with KillWorld(kill_stack, real_minutes=True) as world:
            play(world, point, victim)
            happened.update(world.happened)
            met = ", ".join(f"{what} {n}x" for what, n in sorted(world.happened.items()))
        with capsys.disabled():
            print(f"\n{time.monotonic() - begun:6.1f} s  {victim:<7}at {point}: {met}", end="")
