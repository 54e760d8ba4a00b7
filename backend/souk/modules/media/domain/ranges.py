"""Which bytes of a file a client asks for (RFC 9110 section 14.2)."""

import re

_ONE = re.compile(r"bytes=(?:([0-9]{1,19})-([0-9]{0,19})|-([0-9]{1,19}))")
_LONGEST = 64


def find_range(header: str | None, size: int) -> range | None:
    """The bytes of a single range, none of them when it lies beyond the end. `None` when the whole
    is to be sent: nothing was asked, or something that a server may overlook, as several ranges
    are. What is longer than any single range is not looked at."""
    if header is None or len(header) > _LONGEST:
        return None
    match = _ONE.fullmatch(header.strip())
    if match is None:
        return None
    first, last, suffix = match.groups()
    if suffix is not None:
        return range(max(0, size - int(suffix)), size)
    end = size if not last else min(int(last) + 1, size)
    if last and int(last) < int(first):
        return None
    return range(int(first), end)
