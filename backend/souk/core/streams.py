"""Open event streams of one process: one reader for all of them, and no more than it can serve."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import Self
from weakref import WeakSet

from souk.core.errors import DatabaseUnavailable, LimitedError
from souk.core.wakeups import AsyncWakeups

_log = logging.getLogger(__name__)

_PAUSE_SECONDS = 0.2
_POLL_SECONDS = 1.0
_RETRY_SECONDS = 30

ReadPositions = Callable[[Sequence[str]], Awaitable[Mapping[str, bytes]]]
"""The position of each of these subjects that exists: bytes that differ after each change."""


class TooManyStreams(LimitedError):
    """As many event streams are open as this process serves, or as one subject may have."""

    code = "too_many_streams"


class Viewer:
    """One open stream. It counts as open inside its `with` block, and as long as anybody holds it
    before that."""

    def __init__(self, subject: str, leave: Callable[["Viewer"], None]) -> None:
        self.subject = subject
        self._leave = leave
        self._position = b""
        self._news = asyncio.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._leave(self)

    async def changed(self, timeout_seconds: float) -> bytes | None:
        """The subject's position as soon as it is another than the one returned last; at first,
        as soon as it is read. `None` when the time is over."""
        try:
            await asyncio.wait_for(self._news.wait(), timeout_seconds)
        except TimeoutError:
            return None
        self._news.clear()
        return self._position

    def tell(self, position: bytes) -> None:
        """What was read just now."""
        if position != self._position:
            self._position = position
            self._news.set()


class Watch:
    """Reads the positions of all that is watched with one query: after a commit, of whomever, but
    at most five times a second, and each second anyway. Wakes those whose subject has changed.

    It reads as long as anybody watches, whatever a single reading meets.
    """

    def __init__(
        self,
        read: ReadPositions,
        wakeups: AsyncWakeups,
        *,
        most: int = 500,
        most_of_one: int = 20,
        pause_seconds: float = _PAUSE_SECONDS,
        poll_seconds: float = _POLL_SECONDS,
    ) -> None:
        self._read = read
        self._wakeups = wakeups
        self._most = most
        self._most_of_one = most_of_one
        self._pause_seconds = pause_seconds
        self._poll_seconds = poll_seconds
        self._viewers: WeakSet[Viewer] = WeakSet()
        self._stir = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None

    def open(self, subject: str) -> Viewer:
        """A stream of this subject's changes. Raises `TooManyStreams`."""
        open_now = list(self._viewers)
        of_this = sum(viewer.subject == subject for viewer in open_now)
        if len(open_now) >= self._most or of_this >= self._most_of_one:
            raise TooManyStreams(
                "too many event streams are open; close one, or come back in a while",
                retry_after_seconds=_RETRY_SECONDS,
            )
        viewer = Viewer(subject, self._leave)
        self._viewers.add(viewer)
        self._stir.set()
        if self._reader is None:
            self._reader = asyncio.create_task(self._keep_reading())
        return viewer

    def _leave(self, viewer: Viewer) -> None:
        self._viewers.discard(viewer)
        self._stir.set()

    async def _keep_reading(self) -> None:
        try:
            with self._wakeups.setting(self._stir):
                while self._viewers:
                    await self._turn()
        finally:
            self._reader = None

    async def _turn(self) -> None:
        # Cleared before the reading: what is committed during it makes the next turn begin at once.
        self._stir.clear()
        try:
            await self._tell()
        except DatabaseUnavailable:
            _log.warning("the database is away; streams wait until it is back")
        except Exception:
            _log.exception("the positions of streams could not be read")
        await asyncio.sleep(self._pause_seconds)
        try:
            await asyncio.wait_for(self._stir.wait(), self._poll_seconds - self._pause_seconds)
        except TimeoutError:
            return

    async def _tell(self) -> None:
        positions = await self._read(sorted({viewer.subject for viewer in self._viewers}))
        for viewer in list(self._viewers):
            if viewer.subject in positions:
                viewer.tell(positions[viewer.subject])
