"""`souk demo`: whole purchases, played over HTTP and checked from outside."""

import argparse
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from souk.embedded.anvil import AnvilMissing
from souk.embedded.parts import PartFailed
from souk.entrypoints.demo.checks import CHECKS, NOT_PLAYED, Failure, judge
from souk.entrypoints.demo.evidence import Evidence
from souk.entrypoints.demo.narrator import Narrator
from souk.entrypoints.demo.place import Place, find_place, own_place
from souk.entrypoints.demo.play import enter, play
from souk.entrypoints.demo.waiting import StoryFailed
from souk.entrypoints.failures import CommandFailed
from souk.entrypoints.places import default_state

# The running stack is looked for here, because its address matters and not only its settings.
USES_RUNNING_STACK = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to play, and how much to tell of the checks."""
    parser.add_argument(
        "--state-dir",
        type=Path,
        default=default_state(os.environ),
        help="of the running stack to play on (.souk); without one a stack is started for this",
    )
    parser.add_argument("--checks", action="store_true", help="name every check")


def run(arguments: argparse.Namespace) -> int:
    """Play, judge, and answer 0 when every check holds."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    narrator = Narrator(sys.stdout)
    try:
        with _place(arguments.state_dir.absolute(), narrator) as place:
            evidence = _play(place, narrator)
            failures = report(narrator, evidence, every=arguments.checks)
            if failures:
                narrator.plain(_where_to_look(place))
    except KeyboardInterrupt:
        raise CommandFailed("stopped before the end", exit_code=130) from None
    return conclude(narrator, failures)


def _play(place: Place, narrator: Narrator) -> Evidence:
    try:
        with enter(place, narrator) as world:
            return play(world)
    except (StoryFailed, psycopg.OperationalError) as error:
        raise CommandFailed(f"{error}\n{_where_to_look(place)}") from error


def report(narrator: Narrator, evidence: Evidence, *, every: bool) -> list[Failure]:
    """Judge what was seen and tell what does not hold, or every check."""
    failures = judge(evidence, CHECKS)
    narrator.title("The checks")
    if every:
        failed = {failure.name for failure in failures}
        for check in CHECKS:
            well = check.name not in failed
            narrator.verdict(f"  {'ok    ' if well else 'FAILED'}  {check.name}", well=well)
    for title, reason in evidence.stopped.items():
        narrator.verdict(f"  stopped: {title}: {reason}", well=False)
    missed = [failure for failure in failures if failure.found == NOT_PLAYED]
    for failure in failures:
        if failure not in missed:
            narrator.verdict(f"  FAILED  {failure.name}: {failure.found}", well=False)
    if missed:
        narrator.verdict(f"  FAILED  {len(missed)} checks of stories that stopped", well=False)
    narrator.plain(f"  {len(CHECKS) - len(failures)} hold; {narrator.seconds:.0f} s in all")
    return failures


def conclude(narrator: Narrator, failures: list[Failure]) -> int:
    """The last line and the exit code."""
    narrator.verdict(f"demo: {len(CHECKS)} checks, {len(failures)} failed", well=not failures)
    return 1 if failures else 0


@contextmanager
def _place(state: Path, narrator: Narrator) -> Iterator[Place]:
    found = find_place(os.environ, state)
    if found is not None:
        narrator.plain(f"playing on the stack at {found.url}; its chain's clock will be moved")
        yield found
        return
    narrator.plain("nothing runs here; starting a stack of its own, which takes a few seconds")
    try:
        with own_place(os.environ, narrator.note) as place:
            yield place
    except (AnvilMissing, PartFailed) as error:
        raise CommandFailed(str(error)) from error


def _where_to_look(place: Place) -> str:
    if place.logs is None:
        return "look into the logs of the API and the workers"
    logs = ", ".join(sorted(log.name for log in place.logs.glob("*.log")))
    return f"look into {place.logs}: {logs}"
