"""Which known pitfalls a test closes, and which are open.

A Python test closes one by `@pytest.mark.pitfall("W6")`; a Solidity test by a line of its comment
such as `/// Pitfall: W6, P16`.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

GROUPS = {"W": 24, "P": 22, "O": 6, "A": 13, "I": 11, "J": 9, "K": 4, "H": 5}
KNOWN = tuple(
    f"{letter}{number}" for letter, last in GROUPS.items() for number in range(1, last + 1)
)
_SOLIDITY = re.compile(
    r"^\s*(?:///|\*|//).*?\b[Pp]itfalls?:?\s+((?:[A-Z]\d+(?:,\s*|\s+and\s+)?)+)", re.M
)
_NUMBER = re.compile(r"\b[A-Z]\d+\b")


def closed(root: Path) -> dict[str, list[str]]:
    """The files whose tests close each pitfall, by its number."""
    found = defaultdict(list)
    for path in sorted((root / "tests").rglob("test_*.py")):
        for number in _marked(path.read_text()):
            found[number].append(str(path.relative_to(root)))
    for path in sorted((root / "contracts" / "test").rglob("*.sol")):
        for number in _NUMBER.findall(" ".join(_SOLIDITY.findall(path.read_text()))):
            found[number].append(str(path.relative_to(root)))
    return dict(found)


def _marked(source: str) -> Iterator[str]:
    """The arguments of every `pytest.mark.pitfall(...)`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.pitfall":
            yield from (one.value for one in node.args if isinstance(one, ast.Constant))


def report(root: Path) -> int:
    """Print the list; the exit code tells whether a test names a pitfall that nobody knows."""
    found = closed(root)
    for number in KNOWN:
        if number in found:
            print(f"{number:<4} closed by {', '.join(sorted(set(found[number])))}")
    print(f"open: {' '.join(number for number in KNOWN if number not in found)}")
    unknown = sorted(set(found) - set(KNOWN))
    if unknown:
        print(f"unknown: {' '.join(unknown)}")
    closed_count = len(set(found) & set(KNOWN))
    print(f"{closed_count} of {len(KNOWN)} closed")
    return 1 if unknown else 0
