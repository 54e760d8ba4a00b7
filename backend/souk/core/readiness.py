"""What a process can say about itself: whether its parts are well, and what clients must know."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from souk.core.errors import DomainError


@dataclass(frozen=True, slots=True)
class Readiness:
    """Named checks; each returns a line about a healthy part or raises."""

    checks: Mapping[str, Callable[[], str]]

    def report(self) -> tuple[bool, dict[str, dict[str, str]]]:
        """Whether all parts are well, and a line about each."""
        parts = {name: _line(check) for name, check in self.checks.items()}
        return all(part["status"] == "ok" for part in parts.values()), parts


def _line(check: Callable[[], str]) -> dict[str, str]:
    try:
        return {"status": "ok", "detail": check()}
    except DomainError as error:
        return {"status": "down", "detail": error.detail}
    except Exception as error:  # a check may fail in any way; its kind is all that may be told
        return {"status": "down", "detail": type(error).__name__}


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """What a client needs before it can pay: chains, contracts, tokens, rails. No secrets."""

    document: Mapping[str, object]
