"""What the runbook of deployments says of each refusal, and that nothing is refused beyond it."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping

from souk.core.errors import DomainError

from .tree import Source, Violation, dotted, walk

RUNBOOK = "docs/runbooks/deploy.md"
_HEAD = "| it says | code | what to do |"
_VALUE = "\N{HORIZONTAL ELLIPSIS}"
# A message with fewer letters of its own is all values, and cannot be told from another.
_LEAST = 8


def rows(runbook: str) -> list[tuple[int, list[str], list[str]]]:
    """Line, quoted sentences and quoted codes of each row of the table of refusals."""
    lines = runbook.splitlines()
    first = lines.index(_HEAD) + 2
    found = []
    for number, line in enumerate(lines[first:], first + 1):
        if not line.startswith("|"):
            break
        says, code = line.split("|")[1:3]
        found.append((number, re.findall(r"`([^`]+)`", says), re.findall(r"`(\w+)`", code)))
    return found


def find_unexplained(
    files: Iterable[Source], refusals: Iterable[str], runbook: str
) -> Iterator[Violation]:
    """Messages of these errors that no row quotes."""
    quoted = [_pattern(text) for _, texts, _ in rows(runbook) for text in texts]
    names = set(refusals)
    for file in files:
        constants = _constants(file)
        for node in walk(file.tree):
            if not (isinstance(node, ast.Call) and dotted(node.func) in names and node.args):
                continue
            said = _template(node.args[0], constants)
            if said is None or len(re.sub(r"\W", "", said)) < _LEAST:
                continue
            if not any(pattern.search(said) for pattern in quoted):
                yield file.at(node, f"{RUNBOOK} has no row for: {said}")


def find_unsaid(files: Iterable[Source], runbook: str) -> Iterator[Violation]:
    """Rows that quote what nothing says any more."""
    said = [
        text
        for file in files
        for node in walk(file.tree)
        if (text := _template(node, {})) is not None
    ]
    for line, texts, _ in rows(runbook):
        for quoted in texts:
            pattern = _pattern(quoted)
            if not any(pattern.search(one) for one in said):
                yield Violation(RUNBOOK, line, f"nothing says: {quoted}")


def find_unnamed_codes(classes: Iterable[type[DomainError]], runbook: str) -> Iterator[Violation]:
    """Errors whose code stands in no row, and codes in a row that no such error has."""
    wanted = {item.code: item.__name__ for item in classes}
    named = {code: line for line, _, codes in rows(runbook) for code in codes}
    for code in sorted(set(wanted) - set(named)):
        yield Violation(RUNBOOK, 1, f"names no {code} ({wanted[code]})")
    for code in sorted(set(named) - set(wanted)):
        yield Violation(RUNBOOK, named[code], f"names {code}, which is no code of a deployment")


def _pattern(quoted: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part.strip()) for part in quoted.split("...")))


def _constants(file: Source) -> Mapping[str, ast.expr]:
    return {
        dotted(node.targets[0]): node.value
        for node in walk(file.tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.JoinedStr | ast.Constant)
    }


def _template(node: ast.AST, constants: Mapping[str, ast.expr]) -> str | None:
    """A message with its values left open."""
    if isinstance(node, ast.Name):
        node = constants.get(node.id, node)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = [str(v.value) if isinstance(v, ast.Constant) else _VALUE for v in node.values]
        return "".join(parts)
    return None
