"""Nothing outlives the supervisor, and whoever falls is named and put back."""

import os
import signal
import time

import psutil
import pytest

from tests.support.processes import gone
from tests.support.waiting import eventually

from .conftest import SmallStack, Start

PARTS = ("postgres", "redis", "stripe", "horses")


def is_ready(stack: SmallStack) -> bool:
    return "ready" in stack.said()


def named(stack: SmallStack, fragment: str) -> list[psutil.Process]:
    return [p for p in stack.processes() if fragment in " ".join(p.cmdline())]


def server(stack: SmallStack) -> psutil.Process:
    return eventually(
        lambda: [p for p in named(stack, "redis.sock") if "guardian" not in str(p.cmdline())]
    )[0]


def test_leaves_no_process_when_killed(start_stack: Start) -> None:
    stack = start_stack(*PARTS)
    eventually(lambda: is_ready(stack))
    # Four guardians, the horses' four, redis, the sandbox's two, and postgres with its own workers.
    processes = eventually(lambda: len(found := stack.processes()) >= 15 and found)
    stack.kill()
    eventually(lambda: gone(processes), seconds=5)


def test_leaves_no_part_when_its_guardians_are_killed_with_it(start_stack: Start) -> None:
    stack = start_stack("postgres", "redis")
    eventually(lambda: is_ready(stack))
    processes = stack.processes()
    # Stopped, it cannot put things right before it dies.
    os.kill(stack.pid, signal.SIGSTOP)
    for guardian in named(stack, "guardian.py"):
        guardian.kill()
    stack.kill()
    eventually(lambda: gone(processes), seconds=5)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ends_everything_politely_when_asked(start_stack: Start, number: int) -> None:
    stack = start_stack(*PARTS)
    eventually(lambda: is_ready(stack))
    processes = stack.processes()
    os.kill(stack.pid, number)
    assert stack.wait(6) == 0
    assert gone(processes)


def test_shuts_the_database_down_cleanly_when_asked(start_stack: Start, directory) -> None:
    stack = start_stack("postgres")
    eventually(lambda: is_ready(stack))
    os.kill(stack.pid, signal.SIGTERM)
    stack.wait()
    assert "received fast shutdown request" in (directory / "logs" / "postgres.log").read_text()


def test_ends_within_six_seconds_when_a_part_is_deaf(start_stack: Start) -> None:
    stack = start_stack("stubborn", "redis")
    eventually(lambda: is_ready(stack))
    processes, begun = stack.processes(), time.monotonic()
    os.kill(stack.pid, signal.SIGTERM)
    stack.wait()
    assert time.monotonic() - begun < 6
    assert gone(processes)


def test_names_the_part_and_puts_it_back_when_it_was_killed(start_stack: Start) -> None:
    stack = start_stack("redis")
    eventually(lambda: is_ready(stack))
    server(stack).kill()
    eventually(lambda: "redis is back" in stack.said())
    assert "redis was ended by SIGKILL" in stack.said()


def test_puts_a_part_back_when_its_guardian_was_killed(start_stack: Start) -> None:
    stack = start_stack("horses")
    eventually(lambda: len(stack.processes()) == 4)
    before = stack.processes()
    named(stack, "guardian.py")[0].kill()
    eventually(lambda: gone(before))
    eventually(lambda: len(stack.processes()) == 4, what="four again, and no zombie")


def test_kills_what_a_part_left_behind_when_it_ends(start_stack: Start) -> None:
    stack = start_stack("horses")
    eventually(lambda: len(stack.processes()) == 4)
    before = stack.processes()
    parent = next(
        p for p in before if len(p.children()) >= 1 and "guardian" not in str(p.cmdline())
    )
    parent.kill()
    eventually(lambda: gone(before))


def test_shows_the_end_of_the_log_when_a_part_does_not_start(start_stack: Start) -> None:
    stack = start_stack("brief")
    eventually(lambda: "the oven is on fire" in stack.said())
    assert "brief ended with exit code 3" in stack.said()


def test_gives_up_when_a_part_keeps_crashing(start_stack: Start) -> None:
    stack = start_stack("crashing")
    assert stack.wait(30) == 1
    assert "crashing crashed 5 times in a minute" in stack.said()
