"""One use case, one function, one screen."""

import ast
from collections.abc import Iterable, Iterator

from .tree import Source, Violation, walk

FILE_LINES = 400
FUNCTION_LINES = 50
PUBLIC_METHODS = 12

# A migration is history: it is read once, from top to bottom, and never changed.
EXEMPT = "backend/migrations/versions/"

_FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


def find_oversize(files: Iterable[Source]) -> Iterator[Violation]:
    """Files, functions and classes past their limit."""
    for file in files:
        if file.path.startswith(EXEMPT):
            continue
        yield from _long_file(file)
        for node in walk(file.tree):
            if isinstance(node, _FUNCTION):
                yield from _long_function(file, node)
            elif isinstance(node, ast.ClassDef):
                yield from _wide_class(file, node)


def _long_file(file: Source) -> Iterator[Violation]:
    lines = len(file.text.splitlines())
    if lines > FILE_LINES:
        yield file.at(lines, f"{lines} lines, at most {FILE_LINES}: split by verb")


def _long_function(file: Source, node: _FUNCTION) -> Iterator[Violation]:
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    if lines > FUNCTION_LINES:
        yield file.at(node, f"{node.name} has {lines} lines, at most {FUNCTION_LINES}")


def _wide_class(file: Source, node: ast.ClassDef) -> Iterator[Violation]:
    names = {
        item.name
        for item in node.body
        if isinstance(item, _FUNCTION) and not item.name.startswith("_")
    }
    if len(names) > PUBLIC_METHODS:
        message = f"{node.name} has {len(names)} public methods, at most {PUBLIC_METHODS}"
        yield file.at(node, message)
