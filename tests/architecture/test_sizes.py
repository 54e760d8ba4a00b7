"""Rule 1: one use case, one function, one screen."""

import pytest

from .robots.sizes import FILE_LINES, FUNCTION_LINES, PUBLIC_METHODS, find_oversize
from .robots.tree import listing, snippet, sources


def function_of(lines: int) -> str:
    return "def f():\n" + "    x = 1\n" * (lines - 1)


def class_of(methods: int) -> str:
    return "class C:\n" + "".join(f"    def m{n}(self): ...\n" for n in range(methods))


def test_finds_nothing_oversize_in_the_tree() -> None:
    assert listing(find_oversize(sources("backend", "tests", "scripts"))) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1\n" * (FILE_LINES + 1), f"{FILE_LINES + 1} lines"),
        (function_of(FUNCTION_LINES + 1), f"f has {FUNCTION_LINES + 1} lines"),
        (f"async {function_of(FUNCTION_LINES + 1)}", f"f has {FUNCTION_LINES + 1} lines"),
        (class_of(PUBLIC_METHODS + 1), f"C has {PUBLIC_METHODS + 1} public methods"),
    ],
)
def test_flags_code_when_it_is_one_over_the_limit(text: str, expected: str) -> None:
    assert expected in listing(find_oversize([snippet(text)]))


@pytest.mark.parametrize(
    "text",
    [
        "x = 1\n" * FILE_LINES,
        function_of(FUNCTION_LINES),
        class_of(PUBLIC_METHODS) + "    def _private(self): ...\n",
    ],
)
def test_passes_code_when_it_is_at_the_limit(text: str) -> None:
    assert listing(find_oversize([snippet(text)])) == ""


def test_passes_a_migration_when_it_is_long() -> None:
    migration = snippet(function_of(90), "backend/migrations/versions/0003_accounts.py")

    assert listing(find_oversize([migration])) == ""
