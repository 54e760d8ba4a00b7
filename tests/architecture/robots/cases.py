"""What a test looks like: it asserts, it never sleeps, nobody patches and nothing is skipped."""

import ast
from collections.abc import Iterable, Iterator

from .tree import Source, Violation, calls, dotted, imports, walk

_FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef
_SKIPS = {"skip", "skipif", "skipTest", "xfail", "importorskip", "expectedFailure"}
_RERUNS = {"flaky", "rerun", "reruns"}
_ASSERTING = {"raises", "warns", "fail"}
_PREFIXES = ("assert_", "expect_", "must_")
# Says in the closing line of the run what could not be run, as a program is not there.
ABSENT = "tests/support/absent.py"


def find_sleeps(files: Iterable[Source]) -> Iterator[Violation]:
    """Sleeps in tests. The helpers of `tests/support` may pause between two looks at a condition,
    which means inside a loop; `asyncio.sleep(0)` only lets others run."""
    for file in files:
        looped = _in_loops(file.tree) if file.path.startswith("tests/support/") else set()
        for call, name in calls(file.tree):
            yields = name == "sleep" and ast.unparse(call).endswith("sleep(0)")
            if name == "sleep" and not yields and call not in looped:
                yield file.at(call, "sleeps: wait for a condition with a deadline")


def _in_loops(tree: ast.AST) -> set[ast.AST]:
    loops = [n for n in walk(tree) if isinstance(n, ast.While | ast.For | ast.AsyncFor)]
    return {inner for loop in loops for inner in walk(loop)}


def find_patches(files: Iterable[Source]) -> Iterator[Violation]:
    """Code replaced behind its own back: `mock`, `mocker`, `monkeypatch.setattr`."""
    for file in files:
        for node, name in imports(file.tree):
            if "mock" in name.split("."):
                yield file.at(node, f"{name}: pass a fake through the port instead")
        for part in walk(file.tree):
            if dotted(part) in ("monkeypatch.setattr", "monkeypatch.delattr"):
                yield file.at(part, "patches an attribute: pass a fake through the port instead")
            if isinstance(part, ast.arg) and part.arg == "mocker":
                yield file.at(part, "mocker: pass a fake through the port instead")


def find_skips(files: Iterable[Source]) -> Iterator[Violation]:
    """Tests that may not run, may fail, or may be tried again."""
    for file in files:
        if file.path == ABSENT:
            continue
        for part in walk(file.tree):
            name = dotted(part)
            last = name.split(".")[-1]
            if name.startswith(("pytest.", "unittest.", "self.skip")) and last in _SKIPS | _RERUNS:
                yield file.at(part, f"{name}: a test runs and passes, or it is deleted")
        for node, name in imports(file.tree):
            if name.startswith(("pytest.", "unittest.")) and name.split(".")[-1] in _SKIPS:
                yield file.at(node, f"{name}: a test runs and passes, or it is deleted")


def find_silent_tests(files: Iterable[Source]) -> Iterator[Violation]:
    """Tests without an assertion of their own or in a helper that they name."""
    known = list(files)
    asserting = _asserting_helpers(known)
    for file in known:
        if not file.path.split("/")[-1].startswith("test_"):
            continue
        for test in _tests(file.tree):
            itself, named = _assertions(test)
            if not itself and not named & asserting:
                yield file.at(test, f"{test.name} asserts nothing")


def _tests(tree: ast.Module) -> Iterator[_FUNCTION]:
    bodies = [tree.body, *(n.body for n in walk(tree) if isinstance(n, ast.ClassDef))]
    for body in bodies:
        for node in body:
            if isinstance(node, _FUNCTION) and node.name.startswith("test"):
                yield node


def _asserting_helpers(files: Iterable[Source]) -> set[str]:
    """Names of functions that assert, also through each other."""
    helpers = [n for f in files for n in walk(f.tree) if isinstance(n, _FUNCTION)]
    seen = [(helper.name, *_assertions(helper)) for helper in helpers]
    found = {name for name, itself, _named in seen if itself}
    while True:
        more = found | {name for name, _itself, named in seen if named & found}
        if more == found:
            return found
        found = more


def _assertions(function: _FUNCTION) -> tuple[bool, set[str]]:
    """Whether it asserts by itself, and the plain functions that it calls."""
    itself, named = False, set()
    for node in walk(function):
        itself |= isinstance(node, ast.Assert) or _raises_assertion(node)
    for call, name in calls(function):
        checks = dotted(call.func).startswith("pytest.") and name in _ASSERTING
        itself |= checks or name.startswith(_PREFIXES)
        if isinstance(call.func, ast.Name):
            named.add(name)
    return itself, named


def _raises_assertion(node: ast.AST) -> bool:
    return isinstance(node, ast.Raise) and "AssertionError" in ast.unparse(node)
