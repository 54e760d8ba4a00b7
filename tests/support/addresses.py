"""Network addresses that are internal in one way or another, and some that are not.

Those of private networks are put together from numbers, as no address of a real network belongs
into a public text.
"""

from ipaddress import IPv4Address, IPv6Address


def _v4(*parts: int) -> str:
    return str(IPv4Address(bytes(parts)))


INTERNAL_V4 = [
    "0.0.0.0",
    "127.0.0.1",
    "127.255.255.254",
    _v4(10, 0, 0, 1),
    _v4(172, 16, 0, 1),
    _v4(172, 31, 255, 254),
    _v4(192, 168, 1, 1),
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
]
_PREFIXES = ["::ffff:0:0", "::ffff:0:0:0", "::", "64:ff9b::", "64:ff9b:1::"]
_CARRIED = [
    str(IPv6Address(int(IPv6Address(prefix)) + int(IPv4Address(address))))
    for prefix in _PREFIXES
    for address in INTERNAL_V4
]
_6TO4 = [
    str(IPv6Address((0x2002 << 112) + (int(IPv4Address(address)) << 80))) for address in INTERNAL_V4
]
INTERNAL_V6 = [
    "::",
    "::1",
    "fe80::1",
    "fec0::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:808:808::1",
    "3fff::1",
    "5f00::1",
    "2606:4700::5efe:7f00:1",
    "2606:4700::200:5efe:808:808",
    *_CARRIED,
    *_6TO4,
]
PUBLIC = [
    "8.8.8.8",
    "93.184.215.14",
    "172.15.0.1",
    "172.32.0.1",
    "192.0.1.1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2606:4700::1111",
    "2a00:1450:4001::200e",
]
