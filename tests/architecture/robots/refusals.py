"""The catalogue of errors: every code, what it means and what to do about it."""

import ast
import importlib
import inspect
import pkgutil
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import souk
from souk.core.errors import DomainError, ErrorKind
from souk.entrypoints.http.problems import STATUS_OF_KIND

from .tree import SOUK, Source, Violation, calls, walk

_CODE = re.compile(r"[a-z]+(_[a-z0-9]+)*")
# `+-- Name text`, or a root: the name alone or two spaces before its text.
_DRAWN = re.compile(r"([ |]*)(?:(\+-- )([A-Z]\w*)\b.*|([A-Z]\w*)(?:  .*)?)")

_ADVICE = {
    ErrorKind.NOT_FOUND: "Check the id, and that you are signed in as somebody who may see it.",
    ErrorKind.CONFLICT: "Read the object again and decide anew; `detail` says what stands in the"
    " way, and the members beside it the present state.",
    ErrorKind.STALE: "Read the object again and repeat the edit on what it says now.",
    ErrorKind.FORBIDDEN: "Sign in as somebody who may; repeating the request changes nothing.",
    ErrorKind.UNAUTHENTICATED: "Sign in with a wallet and send the token as `Bearer`.",
    ErrorKind.REJECTED: "Correct the request as `detail` says; sent again as it is, it will be"
    " refused again.",
    ErrorKind.MALFORMED: "Nothing can be corrected: only who signs such messages may send them.",
    ErrorKind.TOO_LARGE: "Send less at once; `detail` says how much is taken.",
    ErrorKind.UNSUPPORTED: "Send it in a form that `detail` names.",
    ErrorKind.LIMITED: "Wait as long as `Retry-After` says.",
    ErrorKind.UNAVAILABLE: "Nothing was lost: send the same request again after `Retry-After`,"
    " with the same `Idempotency-Key`.",
}
_HEAD = """# Errors

Every refusal is an RFC 9457 problem document (`application/problem+json`). Programs decide by
`code`, which never changes its meaning; people read `detail`. `retryable` says whether the same
request may succeed later.

This file is written by `scripts/update_docs` from the error classes; a test compares the two.
What to do is the second paragraph of a class's docstring, or else follows from its kind.
"""
_HTTP = """## HTTP

Refusals of the HTTP layer itself, before any rule of the business was asked, carry the phrase
of their status as code, such as `not_found`, `method_not_allowed`, and these:

"""


@dataclass(frozen=True)
class Refusal:
    """One class as the catalogue shows it."""

    code: str
    owner: str
    status: int
    retryable: bool
    meaning: str
    advice: str


@cache
def load_everything() -> None:
    """Import the whole package, so that every subclass is known. What libraries warn of while
    they are imported is not what is judged here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for item in pkgutil.walk_packages(souk.__path__, "souk."):
            if not item.name.endswith("__main__"):
                importlib.import_module(item.name)


def error_classes() -> list[type[DomainError]]:
    """Every error class of the product, in a stable order."""
    load_everything()
    found = set(_below(DomainError))
    return sorted(found, key=lambda item: (item.__module__, item.__qualname__))


def _below(root: type[DomainError]) -> Iterator[type[DomainError]]:
    for child in root.__subclasses__():
        if child.__module__.startswith("souk."):
            yield child
            yield from _below(child)


def find_bad_classes(classes: Iterable[type[DomainError]]) -> Iterator[Violation]:
    """Classes without a code or docstring of their own, and codes that two classes share."""
    owner_of: dict[str, str] = {}
    for item in classes:
        name, code = f"{item.__module__}.{item.__qualname__}", item.__dict__.get("code")
        if not item.__dict__.get("__doc__"):
            yield Violation(name, 1, "has no docstring")
        if not isinstance(code, str) or not _CODE.fullmatch(code):
            if not item.__name__.endswith("Error") or code is not None:
                yield Violation(name, 1, f"needs a code of its own in snake_case, has {code!r}")
            continue
        if code in owner_of:
            yield Violation(name, 1, f"code {code} belongs to {owner_of[code]}")
        owner_of.setdefault(code, name)


def find_misplaced(files: Iterable[Source]) -> Iterator[Violation]:
    """Errors of a module outside its errors.py, and codes that are set at run time, which no
    catalogue can list."""
    for file in files:
        for node in walk(file.tree):
            if isinstance(node, ast.ClassDef) and _is_refusal(node):
                if file.module is not None and file.part != "errors":
                    yield file.at(node, f"{node.name} belongs into errors.py")
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "self.code":
                yield file.at(node, "a code set at run time is in no catalogue")


def _is_refusal(node: ast.ClassDef) -> bool:
    fields = [i.targets[0] for i in node.body if isinstance(i, ast.Assign)]
    return bool(node.bases) and any(ast.unparse(f) == "code" for f in fields)


def find_undrawn(files: Iterable[Source]) -> Iterator[Violation]:
    """Classes of an errors.py that its docstring's tree leaves out or hangs elsewhere."""
    for file in files:
        if file.part != "errors" and file.path != f"{SOUK}/core/errors.py":
            continue
        drawn = drawn_parents(ast.get_docstring(file.tree, clean=False) or "")
        defined = [n for n in file.tree.body if isinstance(n, ast.ClassDef)]
        for node in defined:
            bases = {ast.unparse(base) for base in node.bases}
            if bases & {"StrEnum"}:
                continue
            if node.name not in drawn:
                yield file.at(node, f"{node.name} is not drawn in the docstring")
            elif drawn[node.name] not in bases and (drawn[node.name] or bases & set(drawn)):
                yield file.at(node, f"{node.name} is drawn below {drawn[node.name]}")
        named = {n.name for n in defined} | {a.name for a in _imported(file.tree)}
        for name in sorted(set(drawn) - named - {"DomainError"}):
            if drawn[name] is not None:
                yield file.at(1, f"{name} is drawn and does not exist")


def _imported(tree: ast.Module) -> Iterator[ast.alias]:
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            yield from node.names


def drawn_parents(docstring: str) -> dict[str, str | None]:
    """Each class in a drawn tree and the one it hangs from; a root hangs from `None`."""
    above: list[tuple[float, str]] = []
    parents: dict[str, str | None] = {}
    for line in docstring.splitlines():
        match = _DRAWN.fullmatch(line.rstrip())
        if match is None:
            continue
        lead, branch, below, root = match.groups()
        depth = len(lead) - (0.0 if branch else 0.5)
        above = [entry for entry in above if entry[0] < depth]
        parents[below or root] = above[-1][1] if above and branch else None
        above.append((depth, below or root))
    return parents


def refusal(item: type[DomainError]) -> Refusal:
    """What the catalogue says about a class."""
    paragraphs = inspect.cleandoc(item.__doc__ or "").split("\n\n")
    meaning, *advice = (" ".join(paragraph.split()) for paragraph in paragraphs)
    default = _ADVICE[item.kind]
    if item.retryable and item.kind is ErrorKind.CONFLICT:
        default = _ADVICE[ErrorKind.LIMITED] + " Then send the same request again."
    path = item.__module__.split(".")
    return Refusal(
        code=item.code,
        owner=path[2] if path[1] == "modules" else path[1],
        status=int(STATUS_OF_KIND[item.kind]),
        retryable=item.retryable,
        meaning=meaning,
        advice=" ".join(advice) or default,
    )


def literal_codes(files: Iterable[Source]) -> list[str]:
    """Codes that the HTTP layer writes by itself."""
    found = set()
    for file in files:
        for call, name in calls(file.tree):
            values = {k.arg: k.value for k in call.keywords}
            code = values.get("code")
            if name in ("problem", "_unread") and isinstance(code, ast.Constant):
                found.add(str(code.value))
    return sorted(found)


def render(classes: Iterable[type[DomainError]], http_codes: Iterable[str]) -> str:
    """docs/errors.md."""
    entries = [refusal(item) for item in classes if "code" in item.__dict__]
    parts = [_HEAD]
    for owner in sorted({entry.owner for entry in entries}, key=lambda o: (o != "core", o)):
        parts.append(f"\n## {owner}\n")
        own = sorted((e for e in entries if e.owner == owner), key=lambda e: e.code)
        parts.extend(_entry(entry) for entry in own)
    listed = "".join(f"- `{code}`\n" for code in http_codes)
    return "".join([*parts, "\n", _HTTP, listed])


def _entry(entry: Refusal) -> str:
    again = "may be sent again" if entry.retryable else "not retryable"
    lines = [f"### {entry.code}", f"{entry.status}, {again}. {entry.meaning}", entry.advice]
    return "\n" + "\n\n".join(lines) + "\n"
