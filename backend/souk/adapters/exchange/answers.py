"""What to make of answers, whoever gave them and however they came."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from souk.core.errors import (
    DomainError,
    ProviderRefusesUs,
    ProviderRejected,
    ProviderUnavailable,
)

_OK = range(200, 300)
_REFUSALS = range(400, 500)
_UNKNOWN_TO_THEM = (401, 403)
_LATER = (408, 425, 429)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and from whom, whatever its status. Names of headers are in lower case."""

    source: str
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def require_ok(self) -> bytes:
        """The body, if the answer is a yes. Raises `ProviderRefusesUs`, `ProviderRejected` or
        `ProviderUnavailable`."""
        if self.status in _OK:
            return self.body
        raise self._refusal()

    def require_object(self) -> Mapping[str, Any]:
        """The body as one JSON object, if the answer is a yes."""
        return parsed(self.source, self.require_ok())

    def _refusal(self) -> DomainError:
        if self.status in _UNKNOWN_TO_THEM:
            return ProviderRefusesUs(f"{self.source} does not accept our key ({self.status})")
        if self.status in _REFUSALS and self.status not in _LATER:
            return ProviderRejected(f"{self.source} refuses ({self.status})")
        return unavailable(self.source, f"failed ({self.status})")


def parsed(source: str, body: bytes) -> Mapping[str, Any]:
    """One JSON object. Raises `ProviderUnavailable`."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise senseless(source) from None
    if not isinstance(found, dict):
        raise senseless(source)
    return found


def unavailable(source: str, what: str) -> ProviderUnavailable:
    """Nothing is known, and asking later may help."""
    return ProviderUnavailable(f"{source} {what}")


def senseless(source: str) -> ProviderUnavailable:
    """Whoever answered may be something else than was expected, such as a proxy in between."""
    return unavailable(source, "answered something that makes no sense")
