"""The Solidity suite, and that it is the one its branching specifications describe."""

import re
from pathlib import Path

import pytest

from tests.contracts.conftest import CONTRACTS, Forge

SPECIFIED = [CONTRACTS / "test" / folder for folder in ("unit", "attacks")]
SPECIFICATIONS = sorted(path for folder in SPECIFIED for path in folder.glob("*.tree"))


def test_forge_passes_when_the_solidity_tests_run(forge: Forge) -> None:
    run = forge("test", "--no-match-path", "test/invariant/*")
    assert run.returncode == 0, run.stdout + run.stderr


def test_forge_finds_sources_formatted_when_it_checks_them(forge: Forge) -> None:
    run = forge("fmt", "--check")
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("tree", SPECIFICATIONS, ids=lambda path: path.stem)
def test_specification_names_every_test_when_compared_with_its_suite(tree: Path) -> None:
    specified = re.findall(r": (test\w+)$", tree.read_text(), flags=re.MULTILINE)
    written = re.findall(r"function (test\w+)", tree.with_suffix(".t.sol").read_text())
    assert sorted(specified) == sorted(written)


def test_specification_stands_beside_every_suite_when_they_are_listed() -> None:
    suites = (path for folder in SPECIFIED for path in folder.glob("*.t.sol"))
    assert {path.name.removesuffix(".t.sol") for path in suites} == {
        path.stem for path in SPECIFICATIONS
    }
