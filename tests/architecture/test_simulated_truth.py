"""What judges the watcher must not be mistaken as the watcher is."""

import ast
from pathlib import Path

import pytest

WORLD = Path(__file__).resolve().parents[1] / "support" / "simchain"
# What is true in a simulated world, and what follows from it for the tables.
TRUE = (
    "blocks",
    "escrow",
    "tree",
    "node",
    "lies",
    "falsehoods",
    "stories",
    "truth",
    "money",
    "letters",
    "accounts",
    "sent",
)


def imported(source: str) -> set[str]:
    """The modules that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def strange(source: str) -> set[str]:
    """What a judge may not import: the product, and help that may know of it."""
    own = {f"tests.support.simchain.{name}" for name in TRUE}
    ours = {name for name in imported(source) if name.split(".")[0] in ("souk", "tests")}
    return ours - own


@pytest.mark.parametrize("name", TRUE)
def test_shares_no_code_with_what_is_judged(name: str) -> None:
    assert strange((WORLD / f"{name}.py").read_text()) == set()


@pytest.mark.parametrize(
    "line", ["import souk.core.ids", "from souk.core import ids", "from tests.support import work"]
)
def test_flags_a_judge_that_asks_the_product(line: str) -> None:
    assert strange(line) != set()
