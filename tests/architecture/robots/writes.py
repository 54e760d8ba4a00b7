"""Commit is written where the use case ends; a status has one writer."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator

from .sql import statements
from .tree import SOUK, Source, Violation, calls, dotted, walk

_PLUMBING = {
    f"{SOUK}/core/{name}.py"
    for name in ("unit_of_work", "outbox", "inbox", "timers", "idempotency", "migrations")
}
_FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


def may_commit(source: Source) -> bool:
    """Services own the transaction; so do the parts of core and worker that deliver."""
    if source.module is not None:
        return source.part == "service"
    return source.path in _PLUMBING or source.path.startswith(f"{SOUK}/entrypoints/worker/")


def find_commits(files: Iterable[Source]) -> Iterator[Violation]:
    """Calls of `commit` outside services and plumbing."""
    for file in files:
        if may_commit(file):
            continue
        for call, name in calls(file.tree):
            if name == "commit" and isinstance(call.func, ast.Attribute):
                yield file.at(call, "commit outside a service")


def find_status_writes(files: Iterable[Source]) -> Iterator[Violation]:
    """Writes of `status` outside repository and service of a module, and, where a history is
    kept, second writers: as many functions may write a status as there are tables with one."""
    known = list(files)
    writers: dict[str, list[tuple[Source, int, str]]] = defaultdict(list)
    for file in known:
        for line, function in status_writers(file):
            if file.module is not None and file.part in ("repository", "service"):
                writers[file.module].append((file, line, function))
            elif file.path not in _PLUMBING:
                yield file.at(line, "a status is written outside its module's transition function")
    for module, found in writers.items():
        models = [file for file in known if file.module == module and file.part == "models"]
        names = sorted({(file.path, function) for file, _line, function in found})
        tables = sum(map(status_tables, models))
        if any(map(keeps_history, models)) and len(names) > tables:
            listed = ", ".join(function for _path, function in names)
            message = f"{module} has {tables} tables with a status, {len(names)} writers"
            yield found[0][0].at(found[0][1], f"{message}: {listed}")


def keeps_history(models: Source) -> bool:
    """Whether changes of a status are recorded in a table of their own."""
    names = [
        node.value
        for node in walk(models.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return any(name.endswith("_history") for name in names)


def status_tables(models: Source) -> int:
    """How many classes of a models.py have a column `status`."""
    return sum(
        isinstance(item, ast.AnnAssign) and dotted(item.target) == "status"
        for node in walk(models.tree)
        if isinstance(node, ast.ClassDef)
        for item in node.body
    )


def status_writers(source: Source) -> list[tuple[int, str]]:
    """Line and function of every write of a status: an assignment, `setattr`, `.values(...)` of
    an UPDATE, or UPDATE in SQL. A constant's SQL counts for each function that names it."""
    direct = [
        (getattr(node, "lineno", function.lineno), function.name)
        for function in _functions(source.tree)
        for node in walk(function)
        if _writes_status(node) or (_updates_from_dict(node) and _keys_status(function))
    ]
    return direct + list(_sql_writers(source))


def _functions(tree: ast.AST) -> list[_FUNCTION]:
    return [node for node in walk(tree) if isinstance(node, _FUNCTION)]


def _writes_status(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign):
        return any(_is_status(target) for target in node.targets)
    if isinstance(node, ast.AugAssign | ast.AnnAssign):
        return _is_status(node.target)
    return isinstance(node, ast.Call) and (_sets_attribute(node) or _updates_values(node))


def _is_status(node: ast.AST) -> bool:
    if isinstance(node, ast.Tuple):
        return any(_is_status(item) for item in node.elts)
    return isinstance(node, ast.Attribute) and node.attr == "status"


def _sets_attribute(call: ast.Call) -> bool:
    constants = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
    return dotted(call.func) == "setattr" and "status" in constants


def _updates_values(call: ast.Call) -> bool:
    """`update(Row)...values(status=...)`, or `.on_conflict_do_update(set_={"status": ...})`."""
    if not isinstance(call.func, ast.Attribute):
        return False
    if call.func.attr == "on_conflict_do_update":
        keys = [k for n in walk(call) if isinstance(n, ast.Dict) for k in n.keys]
        return any(isinstance(key, ast.Constant) and key.value == "status" for key in keys)
    if call.func.attr not in ("values", "update"):
        return False
    begins = {dotted(c.func).split(".")[-1] for c, _ in calls(call.func.value)}
    named = {keyword.arg for keyword in call.keywords}
    return "status" in named and "update" in begins


def _updates_from_dict(node: ast.AST) -> bool:
    """`update(Row)...values(**values)`, whose columns stand in a dict elsewhere."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    begins = {dotted(c.func).split(".")[-1] for c, _ in calls(node.func.value)}
    collected = node.args or any(keyword.arg is None for keyword in node.keywords)
    return node.func.attr == "values" and "update" in begins and bool(collected)


def _keys_status(function: ast.AST) -> bool:
    keys = [key for node in walk(function) if isinstance(node, ast.Dict) for key in node.keys]
    keys += [node.slice for node in walk(function) if isinstance(node, ast.Subscript)]
    return any(isinstance(key, ast.Constant) and key.value == "status" for key in keys)


def _sql_writers(source: Source) -> Iterator[tuple[int, str]]:
    spans = [(f, range(f.lineno, (f.end_lineno or f.lineno) + 1)) for f in _functions(source.tree)]
    for sql in statements(source):
        if not sql.status_updates():
            continue
        inside = [f.name for f, span in spans if sql.line in span]
        if inside:
            yield sql.line, inside[-1]
            continue
        name = _assigned_at(source.tree, sql.line)
        users = [f for f, _span in spans if name in {dotted(n) for n in walk(f)}]
        yield from ((sql.line, user.name) for user in users)
        if not users:
            yield sql.line, name


def _assigned_at(tree: ast.Module, line: int) -> str:
    for node in tree.body:
        if isinstance(node, ast.Assign) and line in range(node.lineno, (node.end_lineno or 0) + 1):
            return dotted(node.targets[0])
    return "a statement of the module"
