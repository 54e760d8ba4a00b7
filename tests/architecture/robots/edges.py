"""What adapters must do before they speak, and what nobody inside may ask the machine."""

import ast
from collections.abc import Iterable, Iterator

from .tree import SOUK, Source, Violation, calls, dotted, imports, walk

_NETWORK = {"httpx", "httpcore", "redis", "requests", "stripe", "smtplib", "socket", "aiohttp"}
_NETWORK |= {"rq", "boto3"}
_WEB3_TRANSPORTS = {"HTTPProvider", "Web3", "AsyncWeb3", "WebSocketProvider"}
_GUARD = "refuse_open_transaction"
_WALL_CLOCK = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.time_ns",
}
_ENVIRONMENT = {"os.environ", "os.getenv"}


def find_unguarded_adapters(files: Iterable[Source]) -> Iterator[Violation]:
    """Adapters that open connections and never refuse to do so inside a transaction, neither
    themselves nor through a function of another adapter."""
    adapters = [file for file in files if file.path.startswith(f"{SOUK}/adapters/")]
    guards = {_GUARD} | {name for file in adapters for name in _guarding(file)}
    for file in adapters:
        opened = [(node, name) for node, name in imports(file.tree) if _reaches_out(name)]
        named = {dotted(node).split(".")[-1] for node in walk(file.tree)}
        if opened and not guards & named:
            node, name = opened[0]
            yield file.at(node, f"uses {name} without {_GUARD}()")


def _guarding(file: Source) -> Iterator[str]:
    named = [n for n in walk(file.tree) if isinstance(n, ast.FunctionDef | ast.ClassDef)]
    for node in named:
        if any(name == _GUARD for _call, name in calls(node)):
            yield node.name


def _reaches_out(name: str) -> bool:
    root, last = name.split(".")[0], name.split(".")[-1]
    return root in _NETWORK or (root == "web3" and last in _WEB3_TRANSPORTS)


def find_hidden_inputs(files: Iterable[Source]) -> Iterator[Violation]:
    """Core and modules reading the wall clock or the environment by themselves: both are given
    by the composition root, so that a test can move the one and leave the other empty."""
    for file in files:
        inside = file.module is not None or file.path.startswith(f"{SOUK}/core/")
        if not inside or file.path == f"{SOUK}/core/clock.py":
            continue
        for node in walk(file.tree):
            if isinstance(node, ast.Call) and _last_two(node.func) in _WALL_CLOCK:
                yield file.at(node, f"{dotted(node.func)}(): use the clock that was passed")
            elif dotted(node) in _ENVIRONMENT:
                yield file.at(node, f"{dotted(node)}: use the configuration that was passed")


def _last_two(node: ast.AST) -> str:
    return ".".join(dotted(node).split(".")[-2:])
