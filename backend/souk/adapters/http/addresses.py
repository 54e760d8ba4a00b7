"""Which network addresses belong to the public internet.

A stranger who names a server must not make us speak to one of ours, however the address is
spelled. Sources: the special-purpose address registries of IANA (RFC 6890), RFC 4291 (mapped and
compatible addresses), RFC 6052 (NAT64), RFC 3056 (6to4), RFC 4380 (Teredo), RFC 5214 (ISATAP).
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

# What the standard library's `is_global`, which differs between its versions, lets pass: protocol
# assignments (one cloud keeps its metadata there), relays of 6to4, and the address at which another
# cloud answers its own machines.
_NEVER_V4 = tuple(
    map(IPv4Network, ("192.0.0.0/24", "192.88.99.0/24", "224.0.0.0/4", "168.63.129.16/32"))
)
# Of IPv6 only this is assigned to the public at all.
_PUBLIC_V6 = IPv6Network("2000::/3")
# Protocol assignments with Teredo among them, 6to4, documentation.
_NEVER_V6 = tuple(map(IPv6Network, ("2001::/23", "2002::/16", "2001:db8::/32", "3fff::/20")))
_NAT64 = IPv6Network("64:ff9b::/96")
# An interface identifier of ISATAP carries an IPv4 address behind either of these.
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})


def is_public(text: str) -> bool:
    """Whether this is an address that anybody on the internet may be reached at. What is no
    address at all, or carries a zone, is not."""
    address = _parsed(text)
    if address is None:
        return False
    if isinstance(address, IPv4Address):
        return _is_public_v4(address)
    inner = _carried(address)
    if inner is not None:
        return _is_public_v4(inner)
    return _is_public_v6(address)


def is_loopback(text: str) -> bool:
    """Whether this is the machine itself."""
    address = _parsed(text)
    return address is not None and address.is_loopback


def is_address(text: str) -> bool:
    """Whether this is an address and not a name."""
    return _parsed(text) is not None


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return None if "%" in text else ip_address(text)
    except ValueError:
        return None


def _carried(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a packet to this one ends up at. A network that has IPv6 alone
    reaches all of IPv4 through NAT64, so that these are judged by what they carry."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None


def _is_public_v4(address: IPv4Address) -> bool:
    return address.is_global and not any(address in network for network in _NEVER_V4)


def _is_public_v6(address: IPv6Address) -> bool:
    return (
        address in _PUBLIC_V6
        and address.is_global
        and not any(address in network for network in _NEVER_V6)
        and (int(address) >> 32) & 0xFFFFFFFF not in _ISATAP
    )
