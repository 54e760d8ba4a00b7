"""Posting over connections that are kept: a webhook is told a thousand times a second while a shop
is measured, and a connection for each would cost more than everything else."""

import asyncio
import ssl
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

_ANSWER_AT_MOST = 64 * 1024
_NO_BODY = (204, 304)


class NotTaken(Exception):
    """Nobody answered, or not in HTTP."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads."""

    host: str
    port: int
    secure: bool
    path: str


@cache
def target(url: str) -> Target:
    """Raises `ValueError` for what is no address of the web."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"not a web address: {url[:200]}")
    secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.hostname, parts.port or (443 if secure else 80), secure, path)


@dataclass(slots=True)
class _Line:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    used: bool = False


class Lines:
    """Open connections by where they lead. For one event loop."""

    def __init__(self, *, answer_seconds: float) -> None:
        self._answer_seconds = answer_seconds
        self._idle: dict[Target, list[_Line]] = defaultdict(list)

    async def post(self, url: str, body: bytes, headers: str) -> int:
        """The status that was answered; `headers` are lines. Raises `NotTaken`."""
        try:
            where = target(url)
            async with asyncio.timeout(self._answer_seconds):
                return await self._post(where, body, headers)
        except (OSError, EOFError, ValueError, TimeoutError, asyncio.LimitOverrunError) as error:
            raise NotTaken(type(error).__name__) from error

    async def _post(self, where: Target, body: bytes, headers: str) -> int:
        head = (
            f"POST {where.path} HTTP/1.1\r\nHost: {where.host}:{where.port}\r\n"
            f"Content-Length: {len(body)}\r\n{headers}\r\n"
        )
        while True:
            line = await self._line(where)
            try:
                line.writer.write(head.encode() + body)
                status, keep = await _answer(line.reader)
            except BaseException as error:
                line.writer.close()
                # The other side may have closed a kept connection just now: that is no answer.
                if line.used and isinstance(error, (EOFError, ConnectionError)):
                    continue
                raise
            if keep:
                line.used = True
                self._idle[where].append(line)
            else:
                line.writer.close()
            return status

    async def _line(self, where: Target) -> _Line:
        idle = self._idle[where]
        while idle:
            line = idle.pop()
            if not line.reader.at_eof() and not line.writer.is_closing():
                return line
            line.writer.close()
        context = ssl.create_default_context() if where.secure else None
        return _Line(*await asyncio.open_connection(where.host, where.port, ssl=context))

    def close(self) -> None:
        """Hang up everywhere."""
        for lines in self._idle.values():
            for line in lines:
                line.writer.close()
        self._idle.clear()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bool]:
    """The status, and whether the connection can be used again."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status = int(head[9:12])
    if b"connection: close" in head or not head.startswith(b"http/1.1"):
        return status, False
    if status in _NO_BODY:
        return status, True
    _, told, rest = head.partition(b"\r\ncontent-length:")
    length = int(rest.partition(b"\r")[0]) if told else _ANSWER_AT_MOST + 1
    if length > _ANSWER_AT_MOST:
        return status, False
    await reader.readexactly(length)
    return status, True
