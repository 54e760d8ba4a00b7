"""Answers of a server that may say anything, byte by byte."""

import json

from tests.support.sockets import Serve, answering, hang_up, repeating, stay_silent


def head(status: int, **headers: str) -> bytes:
    named = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} Said\r\n{named}".encode()


def says(body: object, status: int = 200, **headers: str) -> Serve:
    """One answer; what is no bytes goes as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return answering(
        head(status, **headers) + b"Content-Length: %d\r\n\r\n" % len(content), content
    )


def sends_elsewhere(url: str, status: int = 307) -> Serve:
    """A redirect."""
    return says(b"", status, Location=url)


# What is no answer, whatever was asked.
NO_ANSWERS: dict[str, Serve] = {
    "a page": says(b"<html>Welcome to the proxy</html>"),
    "half of it": answering(head(200) + b"Content-Length: 100\r\n\r\n{"),
    "a list": says([1, 2]),
    "another object": says({"hello": "world"}),
    "deep JSON": says(b"[" * 50_000),
    "no UTF-8": says(b"\xff\xfe"),
    "an error": says({"Message": "disk full", "Code": 0, "Type": "error"}, 500),
    "an error of somebody else": says(b"<html>oh</html>", 502),
    "too many requests": says(b"{}", 429),
    "no HTTP": answering(b"220 mail.example ESMTP\r\n"),
    "nothing": hang_up,
}
# These end when the caller has waited enough.
NEVER_ENDING: dict[str, Serve] = {
    "silence": stay_silent,
    "a byte now and then": repeating(head(200) + b"Content-Length: 1000\r\n\r\n", b" ", 0.05),
    "a head now and then": repeating(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.05),
    "an endless answer": repeating(
        head(200) + b"Content-Length: 1000000000000\r\n\r\n", b" " * 65_536
    ),
}
