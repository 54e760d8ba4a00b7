"""Whatever the escrow contract judges is judged here by the chain's clock too."""

import ast
from collections.abc import Iterable, Iterator

from .tree import SOUK, Source, Violation, calls, dotted, walk

_MONEY = (f"{SOUK}/modules/payments/", f"{SOUK}/modules/trade/", f"{SOUK}/adapters/evm/")


def find_wall_judgements(files: Iterable[Source]) -> Iterator[Violation]:
    """Arithmetic and comparisons with the wall clock where money moves. Stamping a row with it is
    fine, and so is a timer that says itself that it runs on the wall clock."""
    for file in files:
        if not file.path.startswith(_MONEY):
            continue
        excused = {inner for call in _wall_timers(file.tree) for inner in walk(call)}
        for node in walk(file.tree):
            if node in excused or not isinstance(node, ast.Compare | ast.BinOp):
                continue
            if any(_is_wall_time(part) for part in walk(node)):
                yield file.at(node, "judges by wall time what the contract judges by block time")


def _is_wall_time(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return dotted(node.func).endswith((".now", ".utcnow"))
    return dotted(node) == "tx.now"


def _wall_timers(tree: ast.AST) -> Iterator[ast.Call]:
    for call, name in calls(tree):
        clock = {k.arg: dotted(k.value).split(".")[-1] for k in call.keywords}.get("clock")
        if name == "schedule" and clock == "WALL":
            yield call
