"""Bodies that are too large for memory: streamed into a file that nobody else can open."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import BinaryIO

from fastapi import Request
from starlette.requests import ClientDisconnect

from souk.core.errors import LimitedError, MalformedError, TooLargeError, UnavailableError
from souk.core.multipart import find_boundary

_RETRY_SECONDS = 2


class UploadTooLarge(TooLargeError):
    """The request is larger than one upload may be."""

    code = "upload_too_large"

    def __init__(self, most: int) -> None:
        super().__init__(
            f"an upload may have at most {most} bytes; send fewer files at once",
            context={"limit": most},
        )


class UploadBrokeOff(MalformedError):
    """The upload ended before its time, or came more slowly than it may.

    Send it again, with fewer files at once.
    """

    code = "upload_broke_off"


class TooManyUploads(LimitedError):
    """As many uploads are on their way as are taken at once: the caller's, or everybody's."""

    code = "too_many_uploads"

    def __init__(self) -> None:
        super().__init__(
            "too many uploads are on their way; send this one again when another has ended",
            retry_after_seconds=_RETRY_SECONDS,
        )


class NoRoomForUploads(UnavailableError):
    """The upload could not be put on disk, which may be full. Nothing of it is left.

    Send it again later. Whoever runs the installation looks at the disk of `STATE_DIR`.
    """

    code = "no_room_for_uploads"

    def __init__(self) -> None:
        super().__init__("there is no room for uploads now; send this one again in a few minutes")


@dataclass(frozen=True, slots=True)
class UploadBounds:
    """What one process takes: bytes and seconds of one upload, and how many of them at a time, of
    one account and of all. Their product bounds the disk that is used. An upload that is slower
    than `bytes_a_second` after its first `grace_seconds` ends before its time, or a few senders
    could hold every place by sending next to nothing."""

    max_bytes: int
    seconds: float = 120.0
    grace_seconds: float = 10.0
    bytes_a_second: int = 32 * 1024
    at_one: int = 2
    at_all: int = 8

    def time_for(self, size: int) -> float:
        """In how many seconds an upload of which so many bytes are there must go on."""
        return min(self.seconds, self.grace_seconds + size / self.bytes_a_second)


@dataclass(frozen=True, slots=True)
class Upload:
    """A body that has arrived."""

    file: BinaryIO
    size: int
    boundary: bytes

    @contextmanager
    def content(self) -> Iterator[mmap | bytes]:
        """Its bytes, which the system reads as they are looked at."""
        if not self.size:
            yield b""
            return
        with mmap(self.file.fileno(), self.size, access=ACCESS_READ) as content:
            yield content


class Uploads:
    """Takes bodies in. Used in one event loop, so that its counts need no lock."""

    def __init__(self, directory: Path, bounds: UploadBounds) -> None:
        self._directory = directory
        self._bounds = bounds
        self._seated: Counter[str] = Counter()

    @asynccontextmanager
    async def taken(self, request: Request, account_id: str) -> AsyncIterator[Upload]:
        """The body of a request, until the block ends. Raises `NotMultipart` and `TooManyUploads`
        before anything is read, `UploadTooLarge`, `UploadBrokeOff` and `NoRoomForUploads`."""
        boundary = find_boundary(request.headers.get("content-type", ""))
        with self._seat(account_id), self._nameless() as file:
            size = await self._spool(request, file)
            yield Upload(file, size, boundary)

    @contextmanager
    def _seat(self, account_id: str) -> Iterator[None]:
        mine, all_ = self._seated[account_id], self._seated.total()
        if mine >= self._bounds.at_one or all_ >= self._bounds.at_all:
            raise TooManyUploads
        self._seated[account_id] += 1
        try:
            yield
        finally:
            self._seated[account_id] -= 1
            self._seated += Counter()  # forgets who has none

    @contextmanager
    def _nameless(self) -> Iterator[BinaryIO]:
        """A file of ours alone, without a name, so that nothing is left of it however this process
        ends."""
        with ExitStack() as kept:
            try:
                self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
                file = kept.enter_context(tempfile.TemporaryFile(dir=self._directory, buffering=0))
            except OSError as error:
                raise NoRoomForUploads from error
            yield file

    async def _spool(self, request: Request, file: BinaryIO) -> int:
        size, begun, bounds = 0, asyncio.get_running_loop().time(), self._bounds
        try:
            async with asyncio.timeout_at(begun + bounds.time_for(size)) as limit:
                async for chunk in request.stream():
                    size += len(chunk)
                    if size > bounds.max_bytes:
                        raise UploadTooLarge(bounds.max_bytes)
                    _write(file, chunk)
                    limit.reschedule(begun + bounds.time_for(size))
        except TimeoutError:
            raise UploadBrokeOff("the upload came too slowly; send fewer files at once") from None
        except ClientDisconnect:
            raise UploadBrokeOff("the upload ended before its time") from None
        return size


def _write(file: BinaryIO, chunk: bytes) -> None:
    """Chunks are small, and the system takes them into its own memory: no thread is needed."""
    left = memoryview(chunk)
    try:
        while left:
            left = left[file.write(left) :]
    except OSError as error:
        raise NoRoomForUploads from error
