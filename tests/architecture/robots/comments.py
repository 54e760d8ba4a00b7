"""Nothing is left for later, and every exception to the type checker says why."""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator

from .tree import Source, Violation, dotted, imports, walk

# Written in two halves, so that this file does not flag itself.
_LEFTOVERS = re.compile("|".join(["TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error"]))
_IGNORE = re.compile(r"#\s*type:\s*ignore")
_REASONED = re.compile(r"#\s*type:\s*ignore\[[a-z][\w, -]*\]\s+#\s*\S.{5,}")


def find_leftovers(path: str, text: str) -> Iterator[Violation]:
    """Marks of unfinished work in any text file."""
    for number, line in enumerate(text.splitlines(), 1):
        for word in _LEFTOVERS.findall(line):
            yield Violation(path, number, f"{word}: finish it or leave it out")


def find_bare_ignores(files: Iterable[Source]) -> Iterator[Violation]:
    """`type: ignore` without an error code, or without a second comment that gives the reason."""
    for file in files:
        for token in tokenize.generate_tokens(io.StringIO(file.text).readline):
            if token.type != tokenize.COMMENT or not _IGNORE.search(token.string):
                continue
            if not _REASONED.search(token.string):
                message = "write `# type: ignore[code]  # the reason`"
                yield file.at(token.start[0], message)


def find_dodged_cycles(files: Iterable[Source]) -> Iterator[Violation]:
    """Imports that only the type checker sees, or that run inside a function: a cycle means that
    an event is missing."""
    for file in files:
        for node, name in imports(file.tree):
            if name == "typing.TYPE_CHECKING":
                yield file.at(node, "TYPE_CHECKING hides an import from the graph")
        for part in walk(file.tree):
            if dotted(part) == "typing.TYPE_CHECKING":
                yield file.at(part, "TYPE_CHECKING hides an import from the graph")
            if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from (
                    file.at(inner, f"{name} is imported inside {part.name}")
                    for inner, name in imports(part)
                )
