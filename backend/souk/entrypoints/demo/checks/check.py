"""A named check, and judging by many of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from souk.entrypoints.demo.evidence import Evidence

S = TypeVar("S")
_LONGEST = 300
NOT_PLAYED = "its story was not played to its end"


@dataclass(frozen=True, slots=True)
class Check:
    """`differs` says what is there instead of what should be, or nothing."""

    name: str
    differs: Callable[[Evidence], str]


@dataclass(frozen=True, slots=True)
class Failure:
    """A check that does not hold."""

    name: str
    found: str


def about(
    story: str,
    pick: Callable[[Evidence], S | None],
    *rules: tuple[str, Callable[[S], str]],
) -> tuple[Check, ...]:
    """Checks of one story. When it was not played to its end, none of them holds."""

    def bind(rule: Callable[[S], str]) -> Callable[[Evidence], str]:
        def differs(evidence: Evidence) -> str:
            seen = pick(evidence)
            return NOT_PLAYED if seen is None else rule(seen)

        return differs

    return tuple(Check(f"{story}: {name}", bind(rule)) for name, rule in rules)


def judge(evidence: Evidence, checks: Iterable[Check]) -> list[Failure]:
    """The checks that do not hold. One that cannot even be judged does not hold either."""
    found = ((check.name, _ask(check, evidence)) for check in checks)
    return [Failure(name, text) for name, text in found if text]


def same(got: object, want: object) -> str:
    """Nothing when both are equal, else both."""
    return "" if got == want else f"is {_brief(got)}, should be {_brief(want)}"


def holds(fact: bool, otherwise: object) -> str:
    """Nothing when it is a fact, else what is there instead."""
    return "" if fact else f"is {_brief(otherwise)}"


def _ask(check: Check, evidence: Evidence) -> str:
    try:
        return check.differs(evidence)
    except Exception as error:
        # Evidence that lacks what a check asks for is evidence against it.
        return f"cannot be judged: {type(error).__name__} {error}"


def _brief(value: object) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
