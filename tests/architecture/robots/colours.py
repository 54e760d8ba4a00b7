"""Two colours, one border: commands are synchronous, reads and streams are not."""

import ast
from collections.abc import Iterable, Iterator

from .tree import Source, Violation, calls, dotted, imports, walk

_ASYNC_PARTS = ("queries", "api")
_BLOCKING = ("sqlalchemy", "souk.core.unit_of_work", "souk.core.outbox")


def find_mixed_colours(files: Iterable[Source]) -> Iterator[Violation]:
    """`async def` in the write side of a module, a read that is not, and an async endpoint that
    would hold up every other request by calling a service."""
    for file in files:
        if file.module is None:
            continue
        if file.part == "queries":
            yield from _blocking_reads(file)
        elif file.part == "api":
            yield from _blocking_endpoints(file)
        for node in walk(file.tree):
            if isinstance(node, ast.AsyncFunctionDef) and file.part not in _ASYNC_PARTS:
                yield file.at(node, f"{node.name} is async: commands run in workers unchanged")


def _blocking_reads(file: Source) -> Iterator[Violation]:
    for node, name in imports(file.tree):
        if name.startswith(_BLOCKING):
            yield file.at(node, f"{name} belongs to the write side")


def _blocking_endpoints(file: Source) -> Iterator[Violation]:
    services = {n.split(".")[-1] for _, n in imports(file.tree) if ".service." in f"{n}."}
    aliases = {
        dotted(node.targets[0])
        for node in file.tree.body
        if isinstance(node, ast.Assign) and _names(node.value) & services
    }
    for node in walk(file.tree):
        if not isinstance(node, ast.AsyncFunctionDef):
            continue
        used = set().union(*(_names(a) for a in walk(node.args) if isinstance(a, ast.arg)))
        for name in sorted(used & (services | aliases)):
            yield file.at(node, f"{node.name} is async and takes the service {name}")
        if any(name == "once" for _call, name in calls(node)):
            yield file.at(node, f"{node.name} is async and runs a command")


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in walk(node) if isinstance(part, ast.Name)}
