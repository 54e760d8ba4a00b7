"""Slowing down whoever asks too often."""

from souk.core.clients import network_of
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
            f"sign-in:{network_of(client)}", limit=self._per_minute, per_seconds=60
        )
        if wait:
            raise TooManySignIns(
                "too many sign-in requests from this address; wait a little",
                retry_after_seconds=wait,
            )


class EmailGate:
    """Slows down whoever has too many messages sent from one network address."""

    def __init__(self, limiter: RateLimiter, *, per_hour: int) -> None:
        self._limiter = limiter
        self._per_hour = per_hour

    def admit(self, client: str) -> None:
        """Count one message that `client`, an IP address, asks for. Raises `TooManySignIns`."""
        wait = self._limiter.take(
            f"email:{network_of(client)}", limit=self._per_hour, per_seconds=3_600
        )
        if wait:
            raise TooManySignIns(
                "too many messages were asked for from this address; wait a little",
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
