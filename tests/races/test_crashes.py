"""Death of a process at each place that speaks to the outside: nothing is lost or doubled.

Eight blows are drawn by a seed; `--deep` deals all of them, on two lanes at once. The seed is
fixed; `SOUK_CRASH_SEED` draws others, and `SOUK_CRASH_ONLY` leaves of all of them those whose
description holds its text, such as `reply lost` or `core/outbox.py`.
"""

import os
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.crash_campaign import Lane, Report, blows, lane
from tests.support.crash_sites import Blow, Kind
from tests.support.stack import Databases

SEED = os.environ.get("SOUK_CRASH_SEED", "5")
ONLY = os.environ.get("SOUK_CRASH_ONLY", "")
LANES = 2


@pytest.fixture(scope="module")
def lanes(databases: Databases, _redis_url: str, stack_directory: Path) -> Iterator[list[Lane]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                lane(databases, f"{_redis_url}&db={number + 1}", stack_directory / f"lane-{number}")
            )
            for number in range(LANES)
        ]


def deal(lanes: list[Lane], chosen: list[Blow], report: Report) -> None:
    """Every blow, shared out among the lanes."""
    with ThreadPoolExecutor(len(lanes)) as threads:
        for done in [
            threads.submit(lambda at=at: [lanes[at].strike(b, report) for b in chosen[at::LANES]])
            for at in range(LANES)
        ]:
            done.result()


@pytest.mark.pitfall("W24")
@pytest.mark.parametrize("drawn", [8, pytest.param(None, marks=pytest.mark.deep)], ids=["8", "all"])
def test_loses_and_doubles_nothing_when_a_process_dies_at_a_call(
    lanes: list[Lane], drawn: int | None, capsys: pytest.CaptureFixture[str]
) -> None:
    told = lanes[0].survey()
    every = [blow for blow in blows(told) if ONLY in str(blow)]
    chosen = every if drawn is None else random.Random(SEED).sample(every, min(drawn, len(every)))
    report = Report(len(told.calls))

    deal(lanes, chosen, report)

    with capsys.disabled():
        print(f"\nseed {SEED}: {len(chosen)} of {len(every)} blows, {report}")
    assert not report.failed
    assert not report.missed
    assert {site.kind for site in told.calls} == set(Kind)
    assert report.recovered.total() == len(chosen)
