"""Slowing down whoever asks too often."""

from ipaddress import ip_address, ip_network

from souk.core.ports import RateLimiter
from souk.core.principal import Principal
from souk.modules.accounts.errors import TooManyRequests, TooManySignIns


class SignInGate:
    """Slows down whoever tries to sign in too often from one network address."""

    def __init__(self, limiter: RateLimiter, *, per_minute: int) -> None:
        self._limiter = limiter
        self._per_minute = per_minute

    def admit(self, client: str) -> None:
        """Count one request of `client`, an IP address. Raises `TooManySignIns`."""
        wait = self._limiter.take(
            f"sign-in:{_network(client)}", limit=self._per_minute, per_seconds=60
        )
        if wait:
            raise TooManySignIns(
                "too many sign-in requests from this address; wait a little",
                retry_after_seconds=wait,
            )


class KeyGate:
    """Slows down programs that ask too often under one API key."""

    def __init__(self, limiter: RateLimiter, *, per_minute: int) -> None:
        self._limiter = limiter
        self._per_minute = per_minute

    def admit(self, principal: Principal) -> None:
        """Count one request, unless it is a person's. Raises `TooManyRequests`."""
        if principal.scopes is None:
            return
        wait = self._limiter.take(
            f"key:{principal.session_id}", limit=self._per_minute, per_seconds=60
        )
        if wait:
            raise TooManyRequests(
                f"this key may ask {self._per_minute} times a minute; wait a little",
                retry_after_seconds=wait,
            )


def _network(client: str) -> str:
    """The address, or its /64 when it is IPv6: that whole network belongs to one customer."""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    if address.version == 4:
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network((address.packed[:8] + bytes(8), 64)))
