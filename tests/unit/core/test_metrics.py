"""Readings that are kept for a moment, and who may see them."""

import asyncio
from ipaddress import ip_address, ip_network

import pytest

from souk.core.errors import DatabaseUnavailable
from souk.core.metrics import Metrics, MetricsNetworks, Readings

PROXIES = (ip_network("192.0.2.0/24"),)
DEFAULT = MetricsNetworks.of(None, PROXIES)


class Source:
    """A place where a gauge is read, which may be slow or away."""

    def __init__(self) -> None:
        self.now = 0.0
        self.reads = 0
        self.away = False

    async def read(self) -> bytes:
        self.reads += 1
        await asyncio.sleep(0)
        if self.away:
            raise DatabaseUnavailable("away")
        return f'[{{"name": "n", "labels": {{}}, "value": {self.reads}}}]'.encode()

    def readings(self) -> Readings:
        return Readings(self.read, kept_seconds=5, monotonic=lambda: self.now)


def test_reads_once_however_many_ask_at_the_same_time() -> None:
    source = Source()
    readings = source.readings()

    async def ask() -> list[float]:
        answers = await asyncio.gather(*(readings.latest() for _ in range(20)))
        return [reading.value for [reading] in answers]

    assert (asyncio.run(ask()), source.reads) == ([1.0] * 20, 1)


def test_reads_again_when_what_was_read_is_old() -> None:
    source = Source()
    readings = source.readings()

    async def ask() -> list[float]:
        found = []
        for source.now in (0, 4.9, 5, 9.9):
            [reading] = await readings.latest()
            found.append(reading.value)
        return found

    assert asyncio.run(ask()) == [1, 1, 2, 2]


def test_tries_again_at_once_when_reading_failed() -> None:
    source = Source()
    readings = source.readings()

    async def ask() -> float:
        source.away = True
        with pytest.raises(DatabaseUnavailable):
            await readings.latest()
        source.away = False
        [reading] = await readings.latest()
        return reading.value

    assert asyncio.run(ask()) == 2


@pytest.mark.parametrize(
    ("address", "forwarded", "allowed"),
    [
        ("127.0.0.1", False, True),
        ("::1", False, True),
        ("192.0.2.9", False, True),
        ("192.0.2.9", True, True),
        ("203.0.113.7", False, False),
        ("203.0.113.7", True, False),
        # A proxy on this machine that is not in TRUSTED_PROXIES: the client may be anybody.
        ("127.0.0.1", True, False),
        ("::1", True, False),
    ],
)
def test_lets_this_machine_and_the_proxies_networks_read(
    address: str, forwarded: bool, allowed: bool
) -> None:
    assert DEFAULT.allow(ip_address(address), forwarded=forwarded) is allowed


def test_lets_nobody_read_whose_address_is_not_known() -> None:
    assert not DEFAULT.allow(None, forwarded=False)


def test_lets_only_the_chosen_networks_read() -> None:
    chosen = MetricsNetworks.of((ip_network("198.51.100.0/24"),), PROXIES)
    addresses = ("198.51.100.1", "127.0.0.1", "192.0.2.9")

    assert [chosen.allow(ip_address(a), forwarded=False) for a in addresses] == [True, False, False]


def test_counts_nothing_when_no_vendor_does() -> None:
    metrics = Metrics()

    metrics.count_request(method="GET", route="/", status="200", seconds=1)

    assert metrics.expose([], {}) == b""
