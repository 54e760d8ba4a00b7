"""The tests of the escrow notice almost any small change of it; what they miss is explained."""

import pytest

from tests.contracts.mutants import mutants_of
from tests.contracts.mutate import LIMIT, SOURCE, campaign, equivalents, listed, report

SOURCE_OF_ONE = """
contract Till {
    bytes32 private constant NAME = "2 < 3";
    // a == b
    function pay(uint256 amount) external {
        if (amount > 7) emit Paid(amount);
    }
}
"""


def test_mutants_are_these_when_a_function_is_changed_in_all_ways() -> None:
    lines = [mutant.mutated for mutant in mutants_of(SOURCE_OF_ONE, LIMIT)]
    assert sorted(lines) == [
        "",
        "emit Paid(amount);",
        "if (amount > 8) emit Paid(amount);",
        "if (amount >= 7) emit Paid(amount);",
    ]


def test_mutants_are_limited_when_there_are_more() -> None:
    every = mutants_of(SOURCE.read_text(), 10_000)
    assert len(mutants_of(SOURCE.read_text(), LIMIT)) == LIMIT < len(every)


def test_equivalent_mutants_are_those_of_the_source_when_listed() -> None:
    every = {mutant.key for mutant in mutants_of(SOURCE.read_text(), 10_000)}
    assert equivalents() - every == set()


def test_equivalent_mutants_have_a_reason_when_listed() -> None:
    assert [each for each in listed() if len(each["reason"].split()) < 5] == []


@pytest.mark.deep
def test_suite_notices_mutants_when_it_runs_on_each() -> None:
    score = campaign(mutants_of(SOURCE.read_text(), LIMIT))
    assert score.without(equivalents()) >= 0.95, report(score)
    assert equivalents() & {mutant.key for mutant in score.killed} == set()
