"""What README.md promises to list, and what the project has."""

import ast
import re
from collections.abc import Iterable, Iterator

from packaging.requirements import Requirement

from .tree import Source, dotted

_ROW = re.compile(r"^\|\s*`?(?P<name>[\w.-]+)(?:\[[\w,]+\])?`?\s*\|\s*(?P<purpose>[^|]*\S)\s*\|")


def unexplained(readme: str, dependencies: Iterable[str]) -> list[str]:
    """Direct dependencies that do not have exactly one row `| package | what it is for |`."""
    rows = [m["name"].lower() for m in map(_ROW.match, readme.splitlines()) if m]
    names = [Requirement(entry).name.lower() for entry in dependencies]
    return [f"{name} has {rows.count(name)} rows" for name in names if rows.count(name) != 1]


def setting_names(files: Iterable[Source]) -> Iterator[str]:
    """The environment variable of each field of the settings groups, one of which may stand in
    another file than the group that it is made from."""
    classes = [node for file in files for node in file.tree.body if isinstance(node, ast.ClassDef)]
    groups = {"BaseSettings"}
    while found := {n.name for n in classes if groups & set(map(dotted, n.bases))} - groups:
        groups |= found
    for node in (node for node in classes if node.name in groups):
        for item in node.body:
            if isinstance(item, ast.AnnAssign) and dotted(item.target) != "model_config":
                yield dotted(item.target).upper()


def undocumented(readme: str, names: Iterable[str]) -> list[str]:
    """Names that the README never mentions as a whole word."""
    return [name for name in names if not re.search(rf"\b{name}\b", readme)]
