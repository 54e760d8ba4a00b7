"""Whom requests from one network address are counted for."""

from ipaddress import IPv4Address, IPv6Network, ip_address, ip_network

# Behind a translator (RFC 6052) each IPv4 address is one client, and all are in one /64.
_TRANSLATED = IPv6Network("64:ff9b::/96")


def network_of(client: str) -> str:
    """The address, or its /64 when it is IPv6: that whole network belongs to one customer."""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    if address.version == 4:
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    if address in _TRANSLATED:
        return str(IPv4Address(address.packed[-4:]))
    return str(ip_network((address.packed[:8] + bytes(8), 64)))
