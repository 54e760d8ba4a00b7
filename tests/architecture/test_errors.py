"""The error catalogue: one stable code a class, drawn, described, and the same in the docs."""

import pytest

from souk.core.errors import ConflictError, DomainError

from .robots import refusals
from .robots.tree import ROOT, SOUK, listing, snippet, sources

ERRORS = f"{SOUK}/modules/orders/errors.py"
TREE = '"""What orders refuse.\n\nConflictError\n+-- Sold    it is gone\n"""\n'
IMPORT = "from souk.core.errors import ConflictError, NotFoundError\n"


class SalesError(ConflictError):
    """Keeps the classes made here out of the product's own tree."""


def a_class(name: str, code: str | None, doc: str | None = "It is so.") -> type[DomainError]:
    body: dict[str, object] = {"__doc__": doc, "__module__": "souk.modules.orders.errors"}
    return type(name, (SalesError,), body | ({} if code is None else {"code": code}))


def test_gives_every_class_a_code_of_its_own() -> None:
    assert listing(refusals.find_bad_classes(refusals.error_classes())) == ""


def test_keeps_every_error_in_its_place() -> None:
    assert listing(refusals.find_misplaced(sources(SOUK))) == ""


def test_draws_every_error_in_its_tree() -> None:
    assert listing(refusals.find_undrawn(sources(SOUK))) == ""


def test_documents_every_code() -> None:
    written = (ROOT / "docs/errors.md").read_text("utf-8")
    http = refusals.literal_codes(sources(f"{SOUK}/entrypoints/http"))

    assert written == refusals.render(refusals.error_classes(), http), "run scripts/update_docs"


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        ([a_class("Sold", None)], "needs a code"),
        ([a_class("Sold", "SoldOut")], "needs a code"),
        ([a_class("Sold", "sold", None)], "no docstring"),
        (
            [a_class("Sold", "sold"), a_class("Gone", "sold")],
            "code sold belongs to souk.modules.orders.errors.Sold",
        ),
    ],
)
def test_flags_a_class_when_its_code_is_unfit(
    classes: list[type[DomainError]], expected: str
) -> None:
    assert expected in listing(refusals.find_bad_classes(classes))


def test_passes_an_abstract_parent_when_it_has_no_code() -> None:
    assert listing(refusals.find_bad_classes([a_class("SaleError", None)])) == ""


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("class Sold(ConflictError):\n    code = 'sold'\n", f"{SOUK}/modules/orders/service.py"),
        ("class X(E):\n    def __init__(self, c):\n        self.code = c\n", ERRORS),
    ],
)
def test_flags_an_error_when_no_catalogue_could_hold_it(text: str, path: str) -> None:
    assert listing(refusals.find_misplaced([snippet(text, path)])) != ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("class Gone(ConflictError): ...\n", "Gone is not drawn"),
        ("class Sold(NotFoundError): ...\n", "Sold is drawn below ConflictError"),
        ("", "Sold is drawn and does not exist"),
    ],
)
def test_flags_a_tree_when_it_differs_from_the_classes(text: str, expected: str) -> None:
    assert expected in listing(refusals.find_undrawn([snippet(TREE + IMPORT + text, ERRORS)]))


def test_reads_a_tree_of_several_levels() -> None:
    tree = "    DomainError\n    +-- A   a\n    |   +-- B    b\n    +-- C    c\nD\n+-- E\n"

    assert refusals.drawn_parents(tree) == {
        "DomainError": None,
        "A": "DomainError",
        "B": "A",
        "C": "DomainError",
        "D": None,
        "E": "D",
    }


def test_shows_the_second_paragraph_as_what_to_do() -> None:
    shown = refusals.refusal(a_class("Sold", "sold", "It is\ngone.\n\nTake another."))

    assert (shown.meaning, shown.advice, shown.status) == ("It is gone.", "Take another.", 409)
