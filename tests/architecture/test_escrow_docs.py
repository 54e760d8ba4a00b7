"""The escrow's documents speak of every function and refusal, and of none that does not exist."""

import json
import re

import pytest

from .robots.escrow_docs import (
    OPERATIONS,
    SECURITY,
    VIEWS,
    find_dead_links,
    find_missing_pages,
    find_unchecked_guarantees,
    find_unknown_names,
    find_unknown_tests,
    find_unmentioned,
)
from .robots.tree import ROOT, listing, public_files

ABI = json.loads((ROOT / "backend/souk/adapters/evm/artifacts/Escrow.json").read_text("utf-8"))[
    "abi"
]
SMALL = [
    {"type": "function", "name": "payTwice", "stateMutability": "payable"},
    {"type": "function", "name": "states", "stateMutability": "view"},
    {"type": "error", "name": "TooLate"},
    {"type": "event", "name": "Paid"},
]
PAGE = f"{OPERATIONS}/PayTwice.md"


def pages() -> dict[str, str]:
    """Every document of the contract, by its path."""
    paths = [path for path in public_files() if path.startswith("contracts/docs/")]
    return {path: (ROOT / path).read_text("utf-8") for path in paths if path.endswith(".md")}


def operations() -> dict[str, str]:
    return {path: text for path, text in pages().items() if path.startswith(f"{OPERATIONS}/")}


def existing_tests() -> set[str]:
    """Tests of the contract by their names, and those in Python by their paths."""
    solidity = [path for path in public_files() if re.match(r"contracts/test/.*\.sol", path)]
    named = r"function ((?:test|testFuzz|invariant)_\w+)\("
    found = {name for path in solidity for name in re.findall(named, (ROOT / path).read_text())}
    return found | {path for path in public_files() if path.startswith("tests/")}


def test_gives_each_function_a_page() -> None:
    assert listing(find_missing_pages(ABI, operations())) == ""


def test_mentions_every_error_and_event() -> None:
    assert listing(find_unmentioned(ABI, operations())) == ""


def test_names_no_error_event_or_status_that_does_not_exist() -> None:
    assert listing(find_unknown_names(ABI, pages())) == ""


def test_names_only_tests_that_exist() -> None:
    assert listing(find_unknown_tests(pages()[SECURITY], existing_tests())) == ""


def test_names_a_test_for_each_guarantee() -> None:
    assert listing(find_unchecked_guarantees(pages()[SECURITY])) == ""


def test_links_lead_somewhere() -> None:
    assert listing(find_dead_links(pages())) == ""


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({VIEWS: "## `states(bytes32 id)`\n"}, f"{PAGE}:1 has no title for payTwice"),
        ({PAGE: "# `payTwice()`\n"}, f"{VIEWS}:1 has no title for states"),
        ({f"{OPERATIONS}/Gone.md": "# `gone()`\n"}, "Gone.md:1 describes no function"),
    ],
)
def test_flags_pages_when_they_are_not_those_of_the_functions(
    found: dict[str, str], expected: str
) -> None:
    assert expected in listing(find_missing_pages(SMALL, found))


def test_passes_pages_when_each_function_has_its_own() -> None:
    found = {PAGE: "# `payTwice()`\n", VIEWS: "## `states(bytes32 id)`\n"}

    assert listing(find_missing_pages(SMALL, found)) == ""


@pytest.mark.parametrize("span", ["`TooSoon`", "`TooSoon(deadline)`", "`Payed(id)`"])
def test_flags_a_name_when_it_does_not_exist(span: str) -> None:
    assert "x.md:2" in listing(find_unknown_names(SMALL, {"x.md": f"\nsays {span}.\n"}))


@pytest.mark.parametrize("text", ["`TooLate(payBy)`", "`Order[]`", "```sh\necho `Gone`\n```\n"])
def test_passes_a_name_when_it_exists_or_is_none(text: str) -> None:
    assert listing(find_unknown_names(SMALL, {"x.md": text})) == ""


def test_flags_an_error_when_no_page_mentions_it() -> None:
    assert "mentions TooLate" in listing(find_unmentioned(SMALL, {"x.md": "`Paid(id)` toolate"}))


def test_flags_a_test_when_it_does_not_exist() -> None:
    text = "`test_pay_holds`\n`test_gone`, `tests/gone.py`\n"

    found = listing(find_unknown_tests(text, ["test_pay_holds"]))

    assert found.count(f"{SECURITY}:2") == 2


def test_flags_a_guarantee_when_it_names_no_test() -> None:
    text = (
        "## Guarantees\n\n1. **One.** Checked by\n   `test_one`.\n2. **Two.** Trust us.\n\n## R\n"
    )

    assert (
        listing(find_unchecked_guarantees(text))
        == f"{SECURITY}:1 names no test: 2. **Two.** Trust us.\n"
    )


def test_fails_when_there_is_nothing_to_guarantee() -> None:
    with pytest.raises(LookupError):
        listing(find_unchecked_guarantees("## Guarantees\n"))


@pytest.mark.parametrize("link", ["[a](Gone.md)", "[a](../b.md#gone)", "[a](#gone)"])
def test_flags_a_link_when_it_leads_nowhere(link: str) -> None:
    texts = {"d/ops/a.md": f"# A\n{link}\n", "d/b.md": "# `b`, the Second\n"}

    assert "which is not there" in listing(find_dead_links(texts))


@pytest.mark.parametrize("link", ["[a](../b.md#b-the-second)", "[a](#a)", "[a](https://x.example)"])
def test_passes_a_link_when_it_leads_somewhere(link: str) -> None:
    texts = {"d/ops/a.md": f"# A\n{link}\n", "d/b.md": "# `b`, the Second\n"}

    assert listing(find_dead_links(texts)) == ""
