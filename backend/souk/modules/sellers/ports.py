"""What sellers need from outside."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class IdentityRequest:
    """A check that has begun. `url` is where the seller goes on with it; `None` where there is
    nothing to do but to wait."""

    reference: str
    url: str | None


class IdentityCheck(Protocol):
    """Finds out who a seller is. Called with no transaction open."""

    def begin(self, seller_id: str, *, key: str) -> IdentityRequest:
        """Begin to check a seller; the same key finds what began under it. Raises
        `ProviderUnavailable`."""
        ...
