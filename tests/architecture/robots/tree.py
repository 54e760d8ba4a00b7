"""The source tree as the robots see it: files, parsed once, and what is wrong where."""

import ast
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SOUK = "backend/souk"
MODULES = "backend/souk/modules"


@dataclass(frozen=True, order=True)
class Violation:
    """One place where a rule is broken."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.message}"


@dataclass(frozen=True)
class Source:
    """A Python file by its path from the root of the repository, with slashes."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed file."""
        return ast.parse(self.text, self.path)

    @property
    def module(self) -> str | None:
        """The business module that this file belongs to, `None` outside `modules/`."""
        inside = self.path.removeprefix(f"{MODULES}/")
        return inside.split("/")[0] if inside != self.path and "/" in inside else None

    @property
    def part(self) -> str:
        """The file's role in its module: `service` for `service.py` and for `service/x.py`."""
        inside = self.path.removeprefix(f"{MODULES}/{self.module}/")
        return inside.split("/")[0].removesuffix(".py")

    def at(self, node: ast.AST | int, message: str) -> Violation:
        """A violation at this node or line."""
        line = node if isinstance(node, int) else getattr(node, "lineno", 1)
        return Violation(self.path, line, message)


@lru_cache
def public_files() -> tuple[str, ...]:
    """Every file that is tracked, or would be if it were added, and exists."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return tuple(sorted(path for path in set(listed.split("\0")) if (ROOT / path).is_file()))


def _is_python(path: str) -> bool:
    if path.endswith(".py"):
        return True
    if not path.startswith("scripts/") or "." in Path(path).name:
        return False
    first = (ROOT / path).read_bytes().split(b"\n", 1)[0]
    return first.startswith(b"#!") and b"python" in first


@lru_cache
def _source(path: str) -> Source:
    return Source(path, (ROOT / path).read_text("utf-8"))


def sources(*roots: str) -> list[Source]:
    """Every Python file under these folders. Raises `LookupError` when one holds none: a robot
    that looks at nothing would find nothing wrong."""
    found = []
    for root in roots:
        below = [p for p in public_files() if p.startswith(f"{root}/") and _is_python(p)]
        if not below:
            raise LookupError(f"no Python file under {root}")
        found.extend(below)
    return [_source(path) for path in found]


def snippet(text: str, path: str = f"{SOUK}/modules/orders/service.py") -> Source:
    """A file that does not exist, to try a robot on."""
    return Source(path, text)


def listing(violations: Iterable[Violation]) -> str:
    """The violations, one a line, in the order of the tree; empty when there are none."""
    return "\n".join(str(violation) for violation in sorted(set(violations)))


def dotted(node: ast.AST) -> str:
    """`a.b.c` for such an expression; the empty string for any other."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        front = dotted(node.value)
        return f"{front}.{node.attr}" if front else ""
    return ""


def walk(tree: ast.AST) -> Iterable[ast.AST]:
    """`ast.walk`, remembered for whole files, which every robot walks again."""
    if not isinstance(tree, ast.Module):
        return ast.walk(tree)
    return _walked(tree)


@cache
def _walked(tree: ast.Module) -> list[ast.AST]:
    """What `ast.walk` gives, in its order and in half the time."""
    found: list[ast.AST] = [tree]
    for node in found:
        for value in vars(node).values():
            if isinstance(value, ast.AST):
                found.append(value)
            elif isinstance(value, list):
                found.extend(one for one in value if isinstance(one, ast.AST))
    return found


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """Every call and the last part of the name that is called."""
    for node in walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                yield node, node.func.attr
            elif isinstance(node.func, ast.Name):
                yield node, node.func.id


def imports(tree: ast.AST) -> Iterator[tuple[ast.stmt, str]]:
    """Every imported name in full: `from a import b` gives `a.b`, `import a.b` gives `a.b`."""
    for node in walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield node, f"{node.module or ''}.{alias.name}"
