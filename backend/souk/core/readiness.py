"""What a process can say about itself: whether its parts are well, and what clients must know."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from souk.core.errors import DomainError


@dataclass(frozen=True, slots=True)
class Readiness:
    """Named checks; each returns a line about a healthy part or raises. What is only `said` does
    not count: without it some things cannot be done, but the rest can."""

    checks: Mapping[str, Callable[[], str]]
    said: Mapping[str, Callable[[], str]] = field(default_factory=dict)

    def report(self) -> tuple[bool, dict[str, dict[str, str]]]:
        """Whether all parts that count are well, and a line about each."""
        parts = {name: describe_part(check) for name, check in self.checks.items()}
        well = all(part["status"] == "ok" for part in parts.values())
        return well, parts | {name: describe_part(check) for name, check in self.said.items()}


def describe_part(check: Callable[[], str]) -> dict[str, str]:
    """Whether a part is well, and a line about it."""
    try:
        return {"status": "ok", "detail": check()}
    except DomainError as error:
        return {"status": "down", "detail": error.detail}
    except Exception as error:  # a check may fail in any way; its kind is all that may be told
        return {"status": "down", "detail": type(error).__name__}


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """What a client needs before it can pay, and where names of ENS are: chains, contracts, tokens,
    rails. No secrets."""

    document: Mapping[str, object]
