"""Whose table is it, and who may name it in SQL."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from .sql import Sql, statements
from .tree import SOUK, Source, Violation, dotted, walk

CORE = "core"
_MIGRATION = re.compile(r"\d+_([a-z]+)")
_CREATED = re.compile(
    r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:MATERIALIZED\s+)?(?:VIEW|FUNCTION)\s+([a-z_][a-z0-9_]*)",
    re.IGNORECASE,
)
# PostgreSQL's own catalogues and functions that stand where a table stands.
_SYSTEM = re.compile(r"(pg_|information_schema)")


def owners(files: Iterable[Source]) -> dict[str, str]:
    """Table, view or SQL function to the module that owns it: tables by the class that declares
    them, views and functions by the migration that makes them (`0007_ledger.py`)."""
    found: dict[str, str] = {}
    for file in files:
        if file.path.startswith(f"{SOUK}/"):
            owner = file.module or file.path.split("/")[2]
            found |= dict.fromkeys(_declared(file.tree), owner)
        elif migration := _MIGRATION.match(PurePosixPath(file.path).name):
            found |= dict.fromkeys(_CREATED.findall(file.text), migration[1])
    return found


def _declared(tree: ast.Module) -> Iterator[str]:
    for node in walk(tree):
        if isinstance(node, ast.Assign) and dotted(node.targets[0]) == "__tablename__":
            yield ast.literal_eval(node.value)


def find_foreign_tables(
    files: Iterable[Source], owner_of: Mapping[str, str], order: Sequence[str]
) -> Iterator[Violation]:
    """SQL in a module that names what it may not: `queries.py` reads tables of its own and lower
    modules, every other file its own alone, and nobody writes a table of somebody else.

    `order` is the modules from top to bottom.
    """
    for file in files:
        if file.module is None:
            continue
        below = order[order.index(file.module) :] if file.module in order else [file.module]
        readable = {*below, CORE} if file.part == "queries" else {file.module}
        for sql in statements(file):
            yield from _judge(file, sql, owner_of, readable)


def _judge(
    file: Source, sql: Sql, owner_of: Mapping[str, str], readable: set[str]
) -> Iterator[Violation]:
    if sql.is_statement and sql.parsed is None:
        yield file.at(sql.line, "SQL that cannot be read at rest: compose it of constants")
    for name in sorted(sql.tables()):
        owner = owner_of.get(name)
        if owner is None and sql.is_statement and not _SYSTEM.match(name):
            yield file.at(sql.line, f"names {name}, which no model or migration declares")
        elif owner is not None and owner not in readable:
            yield file.at(sql.line, f"names {name} of {owner}")
    for name in sorted(sql.written()):
        if owner_of.get(name, file.module) != file.module:
            yield file.at(sql.line, f"writes {name} of {owner_of[name]}")
        if file.part == "queries":
            yield file.at(sql.line, f"writes {name}: the read side never writes")
    for name in sorted(sql.functions()):
        owner = owner_of.get(name, CORE)
        if owner not in readable | {CORE}:
            yield file.at(sql.line, f"calls {name} of {owner}")
