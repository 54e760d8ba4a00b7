"""Coverage is measured in runs of its own, and there in full."""

from pathlib import Path

import pytest

from tests.support.suites import BUDGETS, pytest_command, read


def measures(*words: str) -> bool:
    return "coverage" in pytest_command(read(words), Path("report.xml"), Path("tests"), 0)


@pytest.mark.parametrize("words", [[], ["unit"], ["unit", "--deep"], ["tests/unit", "--deep"]])
def test_measures_nothing_when_a_run_is_timed_or_partial(words: list[str]) -> None:
    assert not measures(*words)


@pytest.mark.parametrize("words", [["coverage"], ["--deep"]])
def test_measures_when_all_of_the_business_code_is_reached(words: list[str]) -> None:
    assert measures(*words)


@pytest.mark.parametrize("words", [["coverage"], ["lint", "coverage"], ["unit", "coverage"]])
def test_runs_each_suite_that_reaches_the_business_code_once(words: list[str]) -> None:
    names = read(words).names

    assert sorted(set(names) - {"lint"}) == ["integration", "ports", "races", "unit"]
    assert len(names) == len(set(names))


def test_runs_everything_when_nothing_is_named() -> None:
    assert read([]).names == ["lint", *BUDGETS]
