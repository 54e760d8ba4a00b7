"""Whom requests from one network address are counted for."""

from ipaddress import ip_address, ip_network


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
    return str(ip_network((address.packed[:8] + bytes(8), 64)))
