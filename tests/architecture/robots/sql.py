"""SQL as the robots read it: the statements inside Python files, and the tables they name."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError

from .tree import Source, walk

# Keywords of SQL are written in capitals here, which tells them from sentences.
_STATEMENT = re.compile(r"\s*(SELECT|WITH|INSERT|UPDATE|DELETE)\s")
_PARAMETER = re.compile(r"%\((\w+)\)s|(?<![:\w]):([a-z_]\w*)")
_FRAGMENT_TABLE = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+([a-z_][a-z0-9_]*)\b(?!\s*\()")
_WRITES = (exp.Insert, exp.Update, exp.Delete, exp.Merge)


@dataclass(frozen=True)
class Sql:
    """A piece of SQL and the line on which its Python expression begins."""

    text: str
    line: int

    @property
    def is_statement(self) -> bool:
        """Whether this is a whole statement rather than a piece that others are made of."""
        return _STATEMENT.match(self.text) is not None

    @cached_property
    def parsed(self) -> exp.Expr | None:
        """The statement's tree, or `None` when it cannot be read."""
        try:
            return sqlglot.parse_one(_PARAMETER.sub("$1", self.text), read="postgres")
        except ParseError:
            return None

    def tables(self) -> set[str]:
        """Tables and views that are named, without the statement's own common tables."""
        if self.parsed is None:
            return set(_FRAGMENT_TABLE.findall(self.text))
        own = {cte.alias for cte in self.parsed.find_all(exp.CTE)}
        named = {t.name for t in self.parsed.find_all(exp.Table) if _is_plain(t)}
        return named - own

    def written(self) -> set[str]:
        """Tables that are inserted into, updated or deleted from."""
        return {name for name, _columns in self._writes()}

    def status_updates(self) -> set[str]:
        """Tables whose column `status` an existing row gets anew."""
        return {name for name, columns in self._writes() if "status" in columns}

    def functions(self) -> set[str]:
        """Functions that are called and that sqlglot does not know from elsewhere."""
        if self.parsed is None:
            return set()
        return {call.name.lower() for call in self.parsed.find_all(exp.Anonymous)}

    def _writes(self) -> Iterator[tuple[str, set[str]]]:
        for write in self.parsed.find_all(*_WRITES) if self.parsed is not None else ():
            target = write.this.find(exp.Table) if write.this is not None else None
            if target is not None:
                yield target.name, _assigned(write)


def _is_plain(table: exp.Table) -> bool:
    return isinstance(table.this, exp.Identifier)


def _assigned(write: exp.Expr) -> set[str]:
    conflict = write.args.get("conflict")
    pairs = list(write.expressions) if isinstance(write, exp.Update) else []
    pairs += conflict.expressions if conflict is not None else []
    return {pair.this.name for pair in pairs if isinstance(pair, exp.EQ)}


def statements(source: Source) -> Iterator[Sql]:
    """Every string in this file that is SQL, with the file's own constants filled in."""
    constants = _constants(source.tree)
    inner: set[ast.AST] = set()
    documentation = set(_docstrings(source.tree))
    for node in walk(source.tree):
        if node in inner or node in documentation:
            continue
        text = _text(node, constants)
        if text is None:
            continue
        inner.update(walk(node))
        sql = Sql(text, getattr(node, "lineno", 1))
        if sql.is_statement or _FRAGMENT_TABLE.search(text):
            yield sql


def _docstrings(tree: ast.AST) -> Iterator[ast.AST]:
    for node in walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def _constants(tree: ast.Module) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in tree.body:
        target, value = None, None
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            target, value = node.targets[0].id, node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            target, value = node.target.id, node.value
        text = _text(value, found) if value is not None else None
        if target is not None and text is not None:
            found[target] = text
    return found


def _text(node: ast.AST, constants: dict[str, str]) -> str | None:
    """The text of a string expression; a part that is only known at run time becomes a name."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(_piece(part, constants) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(node.left, constants), _text(node.right, constants)
        if left is None and right is None:
            return None
        return (left or _name(node.left, constants)) + (right or _name(node.right, constants))
    return None


def _piece(node: ast.AST, constants: dict[str, str]) -> str:
    if isinstance(node, ast.FormattedValue):
        return _name(node.value, constants)
    return _text(node, constants) or ""


def _name(node: ast.AST, constants: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return constants.get(node.id, node.id)
    return _text(node, constants) or "unknown_at_rest"
