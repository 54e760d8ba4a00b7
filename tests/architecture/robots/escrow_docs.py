"""The documents of the escrow contract against its ABI, and the tests that they name."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .tree import Violation

OPERATIONS = "contracts/docs/operations"
SECURITY = "contracts/docs/SECURITY.md"
VIEWS = f"{OPERATIONS}/Views.md"
STATUSES = {"None", "Paid", "Fulfilled", "Disputed", "Settled"}
# Types of the contract, and what tokens and Permit2 call theirs.
OTHERS = {"Order", "Settle", "Permit", "Permit2", "ReceiveWithAuthorization"}
OTHERS |= {"AuthorizationUsed", "Transfer"}
# OpenZeppelin brings them along: the name of the domain is short and never changes.
NEVER = {"InvalidShortString", "StringTooLong", "EIP712DomainChanged"}

_FENCE = re.compile(r"^```.*?^```$", re.M | re.S)
_SPAN = re.compile(r"`([^`\n]+)`")
_NAME = re.compile(r"([A-Z]\w*[a-z]\w*)(?:\(|$)")
_TEST = re.compile(r"(?:test|testFuzz|invariant)_\w+|tests/[\w/]+\.py")
_LINK = re.compile(r"\]\(([^)#\s]*)(?:#([\w-]+))?\)")
_GUARANTEE = re.compile(r"^\d+\. .*?(?=^\d+\. |^$)", re.M | re.S)

Abi = Iterable[Mapping[str, Any]]


def names(abi: Abi, kind: str) -> set[str]:
    """The functions, errors or events of an ABI."""
    return {entry["name"] for entry in abi if entry["type"] == kind}


def find_missing_pages(abi: Abi, pages: Mapping[str, str]) -> Iterator[Violation]:
    """Functions that change state without a page of their own, views without a section, and
    pages of functions that do not exist. `pages` are texts by their paths."""
    wanted = {}
    for entry in abi:
        if entry["type"] == "function":
            name, views = entry["name"], entry["stateMutability"] in ("view", "pure")
            page = VIEWS if views else f"{OPERATIONS}/{name[0].upper()}{name[1:]}.md"
            wanted[name] = (page, "## `" if views else "# `")
    for name, (page, begin) in wanted.items():
        if not re.search(rf"^{begin}{name}\(", pages.get(page, ""), re.M):
            yield Violation(page, 1, f"has no title for {name}")
    described = {page for page, _ in wanted.values()} | {f"{OPERATIONS}/README.md"}
    for page in pages:
        if page.startswith(f"{OPERATIONS}/") and page not in described:
            yield Violation(page, 1, "describes no function")


def spans(text: str) -> Iterator[tuple[int, str]]:
    """The code inside lines, with the number of its line; blocks of code are left out."""
    without = _FENCE.sub(lambda block: "\n" * block[0].count("\n"), text)
    for match in _SPAN.finditer(without):
        yield without.count("\n", 0, match.start()) + 1, match[1]


def mentioned(text: str) -> Iterator[tuple[int, str]]:
    """What is written as events, errors, statuses and types are: `Name` or `Name(...)`."""
    for line, span in spans(text):
        if match := _NAME.match(span):
            yield line, match[1]


def find_unknown_names(abi: Abi, pages: Mapping[str, str]) -> Iterator[Violation]:
    """Errors, events and statuses that do not exist."""
    known = names(abi, "error") | names(abi, "event") | STATUSES | OTHERS
    for page, text in pages.items():
        for line, name in mentioned(text):
            if name not in known:
                yield Violation(page, line, f"{name} is no error, event or status")


def find_unmentioned(abi: Abi, pages: Mapping[str, str]) -> Iterator[Violation]:
    """Errors and events that no page speaks of."""
    said = {name for text in pages.values() for _, name in mentioned(text)}
    for name in sorted((names(abi, "error") | names(abi, "event")) - NEVER - said):
        yield Violation(OPERATIONS, 1, f"no page mentions {name}")


def find_unknown_tests(text: str, existing: Iterable[str]) -> Iterator[Violation]:
    """Tests that SECURITY.md names and that do not exist."""
    known = set(existing)
    for line, span in spans(text):
        if _TEST.fullmatch(span) and span not in known:
            yield Violation(SECURITY, line, f"{span} does not exist")


def find_unchecked_guarantees(text: str) -> Iterator[Violation]:
    """Guarantees that name no test. Raises `LookupError` when there are no guarantees at all."""
    found = _GUARANTEE.findall(text.partition("## Guarantees")[2].partition("\n## ")[0] + "\n")
    if not found:
        raise LookupError("SECURITY.md gives no guarantees")
    for guarantee in found:
        if not any(_TEST.fullmatch(span) for _, span in spans(guarantee)):
            yield Violation(SECURITY, 1, f"names no test: {guarantee[:40]}")


def find_dead_links(pages: Mapping[str, str]) -> Iterator[Violation]:
    """Links between the pages that lead nowhere: to no page, or to no heading of it."""
    for page, text in pages.items():
        for target, heading in _LINK.findall(text):
            if "://" in target:
                continue
            path = _resolved(page, target)
            if path not in pages:
                yield Violation(page, 1, f"links to {target}, which is not there")
            elif heading and heading not in _anchors(pages[path]):
                yield Violation(page, 1, f"links to #{heading}, which is not there")


def _resolved(page: str, target: str) -> str:
    if not target:
        return page
    parts = page.split("/")[:-1]
    for part in target.split("/"):
        parts = parts[:-1] if part == ".." else [*parts, part]
    return "/".join(parts)


def _anchors(text: str) -> set[str]:
    """As the forge's web pages make them of headings."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", text), re.M)
    return {
        re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings
    }
