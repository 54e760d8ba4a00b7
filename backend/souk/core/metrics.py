"""What an installation tells about itself in numbers, and to whom.

A number's labels are words out of lists of ours: no id, no name of a person, nothing that a
stranger may choose.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

_LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Reading:
    """One number of a gauge, under its labels."""

    name: str
    labels: Mapping[str, str]
    value: float


class Metrics:
    """Counts requests and writes numbers down; this one does neither."""

    media_type = "text/plain"

    def count_request(self, *, method: str, route: str, status: str, seconds: float) -> None:
        """A request was answered: `route` is the template of its address, never the address, and
        `seconds` is how long it took until the answer began."""

    def expose(self, readings: Sequence[Reading], meanings: Mapping[str, str]) -> bytes:
        """All counts, and these readings with what each gauge means, as a scraper takes them."""
        del readings, meanings
        return b""


class Readings:
    """Gauges that are read where they are kept, at most once in a few seconds and by one reader at
    a time, however often and from wherever they are asked for. `meanings` says of each gauge what
    it counts."""

    meanings: Mapping[str, str] = {}

    def __init__(
        self,
        read: Callable[[], Awaitable[bytes]],
        *,
        kept_seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._kept_seconds = kept_seconds
        self._monotonic = monotonic
        self._lock = asyncio.Lock()
        self._kept: list[Reading] = []
        self._read_at = float("-inf")

    async def latest(self) -> Sequence[Reading]:
        """The readings, not older than a few seconds. Raises what reading raises, and then tries
        again at the next call."""
        async with self._lock:
            if self._monotonic() - self._read_at >= self._kept_seconds:
                found = json.loads(await self._read())
                self._kept = [
                    Reading(one["name"], one["labels"], float(one["value"])) for one in found
                ]
                self._read_at = self._monotonic()
            return self._kept


@dataclass(frozen=True, slots=True)
class MetricsNetworks:
    """From where metrics may be read."""

    networks: tuple[Network, ...]

    @classmethod
    def of(
        cls, chosen: tuple[Network, ...] | None, proxies: tuple[Network, ...]
    ) -> "MetricsNetworks":
        """What was chosen, or else this machine and the networks of the trusted proxies."""
        return cls((*_LOOPBACK, *proxies) if chosen is None else chosen)

    def allow(self, address: IPv4Address | IPv6Address | None, *, forwarded: bool) -> bool:
        """Whether somebody at this address may read. What was `forwarded` and still seems to come
        from this machine was sent on by a proxy here that nobody vouches for: it may come from
        anywhere."""
        if address is None or (forwarded and address.is_loopback):
            return False
        return any(address in network for network in self.networks)
