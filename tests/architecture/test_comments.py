"""Nothing unfinished, no unexplained exception, no hidden import."""

import pytest

from .robots.comments import find_bare_ignores, find_dodged_cycles, find_leftovers
from .robots.tree import ROOT, listing, public_files, snippet, sources

TEXTS = (".py", ".sol", ".md", ".toml", ".yml", ".html", ".css", ".js", ".mako", ".sh")


def test_leaves_no_mark_of_unfinished_work() -> None:
    found = [
        violation
        for path in public_files()
        if path.endswith(TEXTS) or path.startswith("scripts/")
        for violation in find_leftovers(path, (ROOT / path).read_text("utf-8"))
    ]

    assert listing(found) == ""


def test_gives_a_code_and_a_reason_for_every_type_ignore() -> None:
    assert listing(find_bare_ignores(sources("backend", "tests", "scripts"))) == ""


def test_hides_no_import_from_the_graph() -> None:
    assert listing(find_dodged_cycles(sources("backend/souk"))) == ""


@pytest.mark.parametrize("word", ["TO" + "DO", "FIX" + "ME", "raise NotImplemented" + "Error"])
def test_flags_a_mark_when_work_was_put_off(word: str) -> None:
    assert "x.sol:2" in listing(find_leftovers("x.sol", f"\n  // {word} later\n"))


@pytest.mark.parametrize(
    "comment",
    ["type: ignore", "type: ignore[arg-type]", "type: ignore  # the stub is wrong", "type:ignore"],
)
def test_flags_an_ignore_when_code_or_reason_is_missing(comment: str) -> None:
    assert "the reason" in listing(find_bare_ignores([snippet(f"x = f()  # {comment}\n")]))


def test_passes_an_ignore_when_it_explains_itself() -> None:
    line = "x = f()  # type: ignore[arg-type]  # the stub wants str, the library takes bytes\n"

    assert listing(find_bare_ignores([snippet(line)])) == ""


@pytest.mark.parametrize(
    "text",
    [
        "from typing import TYPE_CHECKING\n",
        "import typing\nif typing.TYPE_CHECKING: ...\n",
        "def f():\n    from souk.modules.trade import service\n",
    ],
)
def test_flags_an_import_when_it_dodges_a_cycle(text: str) -> None:
    assert listing(find_dodged_cycles([snippet(text)])) != ""
