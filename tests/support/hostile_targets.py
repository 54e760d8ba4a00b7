"""Addresses that strangers may name, each of which leads to something that is not theirs, for one
reader of addresses or another. `{port}` stands for one of the ports that are allowed."""

from tests.support.addresses import INTERNAL_V4, INTERNAL_V6

LOCAL = {
    "loopback": "https://127.0.0.1:{port}/",
    "another loopback": "https://127.8.9.10:{port}/",
    "shortened": "https://127.1:{port}/",
    "two parts": "https://127.0.1:{port}/",
    "decimal": "https://2130706433:{port}/",
    "hexadecimal": "https://0x7f000001:{port}/",
    "hexadecimal parts": "https://0x7f.0.0.1:{port}/",
    "octal": "https://017700000001:{port}/",
    "octal parts": "https://0177.0.0.1:{port}/",
    "overflowing": "https://4425673985:{port}/",
    "padded": "https://127.000.000.001:{port}/",
    "nowhere": "https://0.0.0.0:{port}/",
    "nought": "https://0:{port}/",
    "trailing dot": "https://127.0.0.1.:{port}/",
    "localhost": "https://localhost:{port}/",
    "LOCALHOST": "https://LOCALHOST:{port}/",
    "localhost.": "https://localhost.:{port}/",
    "a name without dots": "https://redis:{port}/",
    "loopback v6": "https://[::1]:{port}/",
    "loopback v6 in full": "https://[0:0:0:0:0:0:0:1]:{port}/",
    "nowhere v6": "https://[::]:{port}/",
    "mapped": "https://[::ffff:127.0.0.1]:{port}/",
    "mapped hexadecimal": "https://[::ffff:7f00:1]:{port}/",
    "compatible": "https://[::127.0.0.1]:{port}/",
    "NAT64": "https://[64:ff9b::7f00:1]:{port}/",
    "6to4": "https://[2002:7f00:1::]:{port}/",
    "Teredo": "https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]:{port}/",
    "a zone": "https://[fe80::1%25lo]:{port}/",
    "metadata": "https://169.254.169.254/latest/meta-data/",
    "metadata mapped": "https://[::ffff:169.254.169.254]/latest/meta-data/",
    "metadata NAT64": "https://[64:ff9b::a9fe:a9fe]/latest/meta-data/",
    "metadata decimal": "https://2852039166/latest/meta-data/",
    "metadata v6": "https://[fd00:ec2::254]/latest/meta-data/",
    "user": "https://shop.example@127.0.0.1:{port}/",
    "user and password": "https://shop.example:443@127.0.0.1:{port}/",
    "a user of ours": "https://127.0.0.1:{port}@shop.example/",
    "fragment": "https://127.0.0.1:{port}#@shop.example/",
    "backslash": "https://127.0.0.1:{port}\\@shop.example/",
    "another backslash": "https://shop.example:{port}\\@127.0.0.1/",
    "digits of another width": "https://\N{FULLWIDTH DIGIT ONE}27.0.0.1:{port}/",
    "a circled digit": "https://\N{CIRCLED DIGIT ONE}27.0.0.1:{port}/",
    "another full stop": "https://127.0.0\N{IDEOGRAPHIC FULL STOP}1:{port}/",
    "percent": "https://127.0.0.%31:{port}/",
    "a line break": "https://shop.example/\r\nHost: 127.0.0.1",
    "a tab": "https://127.0.\t0.1:{port}/",
}
SCHEMES = {
    "http": "http://127.0.0.1:{port}/",
    "http to a name": "http://shop.example/",
    "gopher": "gopher://127.0.0.1:{port}/_",
    "ftp": "ftp://127.0.0.1:{port}/",
    "file": "file:///etc/passwd",
    "file at a host": "file://localhost/etc/passwd",
    "javascript": "javascript:fetch('//127.0.0.1:{port}')",
    "dict": "dict://127.0.0.1:{port}/info",
    "ldap": "ldap://127.0.0.1:{port}/",
    "jar": "jar:https://127.0.0.1:{port}!/",
    "ws": "wss://127.0.0.1:{port}/",
    "none": "//127.0.0.1:{port}/",
    "a path": "/etc/passwd",
    "a space": " https://127.0.0.1:{port}/",
}
PORTS = {
    f"port {port}": f"https://shop.example:{port}/" for port in (0, 22, 25, 80, 5432, 6379, 8080)
} | {"no port": "https://shop.example:99999/", "a letter": "https://shop.example:x/"}

TARGETS = {**LOCAL, **SCHEMES, **PORTS}

INTERNAL = [*INTERNAL_V4, *INTERNAL_V6]
