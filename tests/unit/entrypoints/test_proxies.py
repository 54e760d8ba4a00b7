"""Who the client is when proxies stand in front of the API."""

import asyncio
from ipaddress import ip_network

import pytest
from pydantic import ValidationError
from starlette.types import Receive, Scope, Send

from souk.entrypoints.http.middleware import TrustedProxies
from souk.settings import HttpSettings

PROXY, EDGE, CLIENT = "192.0.2.2", "192.0.2.9", "203.0.113.7"
NETWORKS = (ip_network("192.0.2.0/24"), ip_network("2001:db8:ffff::/48"))


def client_seen(
    *forwarded: str, peer: tuple[str, int] | None = (PROXY, 1), networks=NETWORKS
) -> str | None:
    """The client that the application is told of, with these X-Forwarded-For headers."""
    seen = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["client"])

    headers = [(b"x-forwarded-for", value.encode("latin-1")) for value in forwarded]
    scope = {"type": "http", "client": peer, "headers": headers}
    asyncio.run(TrustedProxies(application, networks=networks)(scope, None, None))
    return seen[0] and seen[0][0]


@pytest.mark.parametrize(
    "forwarded",
    [
        [CLIENT],
        [f"{CLIENT}:51234"],
        [f" {CLIENT} , {EDGE}"],
        [f"198.51.100.1, {CLIENT}"],
        ["198.51.100.1", f"{CLIENT}, {EDGE}"],
        [f"junk, {CLIENT}"],
        [f"::ffff:{CLIENT}"],
    ],
)
def test_takes_the_rightmost_address_that_no_trusted_proxy_has(forwarded: list[str]) -> None:
    assert client_seen(*forwarded) == CLIENT


@pytest.mark.parametrize("entry", ["2001:db8::7", "[2001:db8::7]", "[2001:db8::7]:443"])
def test_takes_an_ipv6_client_behind_an_ipv6_proxy(entry: str) -> None:
    forwarded = f"{entry}, 2001:db8:ffff::2"

    assert client_seen(forwarded, peer=("2001:db8:ffff::1", 1)) == "2001:db8::7"


def test_knows_a_proxy_when_its_address_is_written_as_ipv6() -> None:
    assert client_seen(CLIENT, peer=(f"::ffff:{PROXY}", 1)) == CLIENT


@pytest.mark.parametrize("peer", ["198.51.100.9", "2001:db8::9", "a socket"])
def test_believes_nothing_when_the_peer_is_no_trusted_proxy(peer: str) -> None:
    assert client_seen(CLIENT, peer=(peer, 1)) == peer


def test_believes_nothing_when_no_proxy_is_trusted() -> None:
    assert client_seen(CLIENT, networks=()) == PROXY


@pytest.mark.parametrize(
    "entry",
    [
        "",
        "unknown",
        "203.0.113",
        "203.0.113.7:x",
        "203.0.113.7:1:2",
        "203.0.113.7 198.51.100.1",
        "[2001:db8::7",
        "fe80::1%eth0",
        "é",
        "٣.0.0.1",
        "-1",
    ],
)
def test_keeps_the_peer_when_an_entry_is_malformed(entry: str) -> None:
    forwarded = f"{CLIENT}, {entry}".encode().decode("latin-1")

    assert client_seen(forwarded) == PROXY


@pytest.mark.parametrize("forwarded", [[], [EDGE], [f"{PROXY}, {EDGE}"]])
def test_keeps_the_peer_when_nobody_stands_behind_the_proxies(forwarded: list[str]) -> None:
    assert client_seen(*forwarded) == PROXY


def test_knows_no_client_when_the_server_knows_none() -> None:
    assert client_seen(CLIENT, peer=None) is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", ()),
        ("192.0.2.0/24", NETWORKS[:1]),
        (" 192.0.2.0/24 , 2001:db8:ffff::/48,", NETWORKS),
        ("192.0.2.2", (ip_network("192.0.2.2/32"),)),
    ],
)
def test_reads_networks_separated_by_commas(monkeypatch, given: str, expected) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", given)

    assert HttpSettings().trusted_proxies == expected


@pytest.mark.parametrize("given", ["192.0.2.1/24", "proxy.example", "192.0.2.0/33"])
def test_refuses_what_is_no_network(monkeypatch, given: str) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", given)

    with pytest.raises(ValidationError, match="trusted_proxies"):
        HttpSettings()
