"""Waking on PostgreSQL's NOTIFY, with polling as the net under it."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import psycopg
from psycopg import sql

from souk.core.outbox import OUTBOX_CHANNEL

_log = logging.getLogger(__name__)

# Whoever streams is woken for all that was published meanwhile at once: under load hearing of each
# note would keep a process of the API busy for nobody's good.
_PAUSE_SECONDS = 0.02


class PostgresBus:
    """The `Bus` of a worker: one connection that listens."""

    def __init__(self, database_url: str, *, channel: str = OUTBOX_CHANNEL) -> None:
        self._database_url = database_url
        self._channel = channel
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None

    def wait(self, timeout_seconds: float) -> bool:
        """Block until a NOTIFY or the time is over. A lost connection counts as time over and
        is made anew at the next call. Having just begun to listen counts as woken: what was
        published a moment before went unheard."""
        deadline = time.monotonic() + timeout_seconds
        try:
            if self._connection is None:
                self._connection = self._listening()
                return True
            for _note in self._connection.notifies(timeout=timeout_seconds, stop_after=1):
                return True
        except psycopg.Error:
            _log.warning("lost the wake-up connection; polling until it is back")
            self.close()
            time.sleep(max(0.0, deadline - time.monotonic()))
        return False

    def _listening(self) -> psycopg.Connection[tuple[object, ...]]:
        connection = psycopg.connect(self._database_url, autocommit=True, connect_timeout=5)
        connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._channel)))
        return connection

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
            self._connection = None


class AsyncWakeups:
    """Wakes the streams of an API process when anything was committed to the outbox. As long as
    there are none it does not listen: under load to hear of each note for nobody's good would take
    a good part of what the process has."""

    def __init__(self, database_url: str, *, channel: str = OUTBOX_CHANNEL) -> None:
        self._database_url = database_url
        self._channel = sql.Identifier(channel)
        self._sleepers: set[asyncio.Event] = set()
        self._wanted = asyncio.Event()

    @contextmanager
    def setting(self, event: asyncio.Event) -> Iterator[None]:
        """While the block runs every wake-up sets `event`; clearing it is the sleeper's part.
        Having just begun to listen is one: what was published a moment before went unheard."""
        self._sleepers.add(event)
        self._wanted.set()
        try:
            yield
        finally:
            self._sleepers.discard(event)
            if not self._sleepers:
                self._wanted.clear()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen while the block runs."""
        task = asyncio.create_task(self._keep_listening())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _keep_listening(self) -> None:
        while True:
            await self._wanted.wait()
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._database_url, autocommit=True, connect_timeout=5
                ) as connection:
                    while await self._wanted.wait():
                        await self._listen(connection)
            except psycopg.Error:
                _log.warning("lost the wake-up connection; streams poll until it is back")
                await asyncio.sleep(1)

    async def _listen(self, connection: psycopg.AsyncConnection[tuple[object, ...]]) -> None:
        """Until there is a note for which nobody waits any more."""
        await connection.execute(sql.SQL("LISTEN {}").format(self._channel))
        self._wake()
        while self._sleepers:
            async for _note in connection.notifies(stop_after=1):
                self._wake()
            await asyncio.sleep(_PAUSE_SECONDS)
        await connection.execute(sql.SQL("UNLISTEN {}").format(self._channel))

    def _wake(self) -> None:
        for event in self._sleepers:
            event.set()
