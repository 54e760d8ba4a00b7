"""Rule 12: every rule has a robot, and its record says which."""

import tomllib

import pytest

from .robots.decisions import LINES, find_bad_records
from .robots.tree import ROOT, listing, public_files

RECORD = "# 1. We do so\n\n**Context.** Thus.\n\n**Decision.** So.\n\n**Checked by** "
ROBOT = "`tests/architecture/test_decisions.py`\n"
PATH = "docs/decisions/0001-we-do-so.md"


def found(text: str, path: str = PATH) -> str:
    return listing(find_bad_records({path: text}, {"DTZ"}, {"module order"}))


def test_names_a_robot_in_every_record() -> None:
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
    contracts = {contract["name"] for contract in tool["importlinter"]["contracts"]}
    paths = [path for path in public_files() if path.startswith("docs/decisions/")]
    records = {path: (ROOT / path).read_text("utf-8") for path in paths}

    assert records
    assert listing(find_bad_records(records, tool["ruff"]["lint"]["select"], contracts)) == ""


@pytest.mark.parametrize(
    "robot", [ROBOT, "ruff `DTZ`\n", 'import-linter contract "module order"\n']
)
def test_passes_a_record_when_its_robot_exists(robot: str) -> None:
    assert found(RECORD + robot) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (RECORD, "names no robot"),
        (RECORD + "`tests/architecture/test_gone.py`\n", "test_gone.py does not exist"),
        (RECORD + 'import-linter contract "tidiness"\n', "no import contract 'tidiness'"),
        (RECORD + "ruff `XYZ`\n", "names no robot"),
        (RECORD + ROBOT * LINES, "at most"),
        (RECORD.replace("**Context.**", "") + ROBOT, "no paragraph **Context.**"),
        (RECORD.replace("# 1.", "# 2.") + ROBOT, "title begins"),
    ],
)
def test_flags_a_record_when_it_is_unfit(text: str, expected: str) -> None:
    assert expected in found(text)


def test_flags_a_record_when_a_number_is_left_out() -> None:
    assert "is not docs/decisions/0001" in found(RECORD + ROBOT, "docs/decisions/0003-later.md")
