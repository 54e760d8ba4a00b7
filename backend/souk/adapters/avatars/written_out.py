"""What an address holds in itself (RFC 2397)."""

import base64
import binascii
from urllib.parse import unquote_to_bytes

SCHEME = "data:"


def content_of(address: str) -> bytes | None:
    """The bytes; `None` when it is malformed. What they are said to be is not looked at."""
    head, comma, written = address[len(SCHEME) :].partition(",")
    if not comma:
        return None
    content = unquote_to_bytes(written)
    if not head.lower().endswith(";base64"):
        return content
    try:
        return base64.b64decode(content + b"=" * (-len(content) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
