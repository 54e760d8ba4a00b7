"""Programs that pose as the sandbox and do not keep to what is agreed, as one might that was taken
over. Each is ready like the real one, hears a picture, and then behaves as its name says."""

import os

from souk.adapters.images.wire import HEADER, Kind, frame, read_header

OUT = 1
TAKEN_OVER = b"taken over"


def ready() -> None:
    """Begin well."""
    say(frame(Kind.READY, b"\0"))
    _, length = read_header(_read(HEADER.size), Kind.PICTURE)
    _read(length)


def say(content: bytes) -> None:
    """Write all of it."""
    while content:
        content = content[os.write(OUT, content) :]


def wait() -> None:
    """Until nobody listens any more."""
    _read(1)


def _read(count: int) -> bytes:
    taken = b""
    while len(taken) < count:
        more = os.read(0, count - len(taken))
        if not more:
            raise SystemExit(0)
        taken += more
    return taken
