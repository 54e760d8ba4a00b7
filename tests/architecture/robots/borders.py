"""Which files of a module others may see."""

from collections.abc import Iterator
from functools import lru_cache

import grimp

from .tree import Violation

_SAID_TO_ALL = frozenset({"errors", "domain", "events"})
_MAY_SEE = {
    "modules": _SAID_TO_ALL | {"service"},
    "adapters": _SAID_TO_ALL | {"ports"},
    "embedded": _SAID_TO_ALL | {"ports", "service"},
    "entrypoints": _SAID_TO_ALL | {"service", "api", "handlers"},
    "bootstrap": _SAID_TO_ALL | {"service", "ports", "api", "handlers"},
}


@lru_cache
def souk_graph() -> grimp.ImportGraph:
    """Who imports whom inside the package."""
    return grimp.build_graph("souk", cache_dir=None)


def find_trespasses(graph: grimp.ImportGraph) -> Iterator[Violation]:
    """Imports of a module's file from outside by somebody to whom it is not public."""
    for imported in sorted(graph.modules):
        owner = imported.split(".")
        if owner[:2] != ["souk", "modules"] or len(owner) < 4:
            continue
        for importer in sorted(graph.find_modules_that_directly_import(imported)):
            reader = importer.split(".")
            if reader[:3] == owner[:3] or owner[3] in _MAY_SEE.get(reader[1], frozenset()):
                continue
            line = _line(graph, importer, imported)
            yield Violation(importer, line, f"imports {imported}, which is not public to it")


def find_unwired(graph: grimp.ImportGraph) -> Iterator[Violation]:
    """Routers and handlers that the composition root forgot: nothing would fail, only be silent."""
    for part in sorted(graph.modules):
        names = part.split(".")
        if names[:2] != ["souk", "modules"] or names[3:] not in (["api"], ["handlers"]):
            continue
        importers = graph.find_modules_that_directly_import(part)
        if not any(f"{name}.".startswith("souk.bootstrap.") for name in importers):
            yield Violation(part, 1, "is not wired in souk.bootstrap")


def _line(graph: grimp.ImportGraph, importer: str, imported: str) -> int:
    details = graph.get_import_details(importer=importer, imported=imported)
    return min((detail["line_number"] for detail in details), default=1)
