"""The floor of `bench_serving`: as many bytes as `FLOOR_BYTES` says, from a bare application."""

import os

_BODY = os.urandom(int(os.environ.get("FLOOR_BYTES", "20000")))
_HEADERS = [
    (b"content-type", b"image/webp"),
    (b"content-length", str(len(_BODY)).encode()),
]


async def app(scope, _receive, send) -> None:
    """Whatever is asked."""
    if scope["type"] != "http":
        return
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _BODY})
