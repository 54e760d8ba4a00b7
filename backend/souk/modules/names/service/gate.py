"""How often somebody may have a chain asked."""

from souk.core.clients import network_of
from souk.core.ports import RateLimiter
from souk.modules.names.errors import TooManyLookups


class LookupGate:
    """Slows down whoever looks names up too often from one network address."""

    def __init__(self, limiter: RateLimiter, *, per_minute: int) -> None:
        self._limiter, self._per_minute = limiter, per_minute

    def admit(self, client: str) -> None:
        """Count one request of `client`, an IP address. Raises `TooManyLookups`."""
        wait = self._limiter.take(
            f"ens:{network_of(client)}", limit=self._per_minute, per_seconds=60
        )
        if wait:
            raise TooManyLookups(
                "too many names were looked up from this address; wait a little",
                retry_after_seconds=wait,
            )
