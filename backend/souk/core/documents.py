"""Documents that PostgreSQL composes, kept for a moment in a cache that processes share.

What is kept about a subject is marked with its generation. Whoever changes the subject drops the
generation, and with it everything at once, whoever it was kept for. A read that began before the
change keeps what it found with the mark of the old generation, which nobody takes any more: an old
document never comes back after a newer one. Should a change not be told, a document is forgotten
by itself soon after. Without the cache every read goes to PostgreSQL.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from souk.core.ports import Cache

KEEP_SECONDS = 5
_GENERATION_SECONDS = 600
_ALIAS_SECONDS = 3_600
_MARK_BYTES = 16

Load = Callable[[], Awaitable[bytes | None]]
_Place = tuple[str, str]
_Reading = asyncio.Task[bytes | None]


class CachedDocuments:
    """Reads each document once for all in this process who ask for it at the same time. What is
    read for one viewer is never shown to another."""

    def __init__(self, cache: Cache, *, keep_seconds: int = KEEP_SECONDS) -> None:
        self._cache = cache
        self._keep_seconds = keep_seconds
        self._under_way: dict[_Place, _Reading] = {}

    async def read(self, subject: str, viewer: str, load: Load) -> bytes | None:
        """What `load` finds about a subject for a viewer, or found a moment ago. Nothing is kept
        of what is not there."""
        place = (subject, viewer)
        reading = self._under_way.get(place)
        if reading is None:
            reading = asyncio.create_task(self._read(subject, viewer, load))
            self._under_way[place] = reading
            reading.add_done_callback(lambda done: self._end(place, done))
        # Whoever asked first may hang up; the others still want their answer.
        return await asyncio.shield(reading)

    async def read_alias(
        self, alias: str, viewer: str, load: Load, subject_of: Callable[[bytes], str]
    ) -> bytes | None:
        """The same by another name of a subject, one that never becomes another's; which subject
        it is the document tells."""
        known = await asyncio.to_thread(self._cache.get, f"{alias}:subject")
        if known is not None:
            return await self.read(known.decode(), f"{viewer} {alias}", load)
        document = await load()
        if document is not None:
            subject = subject_of(document).encode()
            await asyncio.to_thread(self._put, f"{alias}:subject", subject, _ALIAS_SECONDS)
        return document

    def forget(self, subject: str) -> None:
        """From now on nobody is shown what was kept about a subject, or is being read."""
        self._cache.drop([f"{subject}:generation"])
        for place in list(self._under_way):
            if place[0] == subject:
                self._under_way.pop(place, None)

    @contextmanager
    def changing(self, subject: str) -> Iterator[None]:
        """Around what may change a subject: whoever did sees the change at once, before anybody is
        told of it."""
        try:
            yield
        finally:
            self.forget(subject)

    async def _read(self, subject: str, viewer: str, load: Load) -> bytes | None:
        generation, kept = await asyncio.to_thread(self._find, subject, viewer)
        if kept is not None:
            return kept
        document = await load()
        if document is not None:
            marked = generation + document
            await asyncio.to_thread(self._put, f"{subject}:{viewer}", marked, self._keep_seconds)
        return document

    def _end(self, place: _Place, done: _Reading) -> None:
        if self._under_way.get(place) is done:
            del self._under_way[place]
        if not done.cancelled():
            # Asked for, because nobody may be left who would hear of a failure.
            done.exception()

    def _find(self, subject: str, viewer: str) -> tuple[bytes, bytes | None]:
        """The generation of a subject, and what is kept of it if that is of this generation."""
        place = f"{subject}:generation"
        generation, marked = self._cache.get_all([place, f"{subject}:{viewer}"])
        if generation is None:
            generation = secrets.token_hex(_MARK_BYTES // 2).encode()
            self._put(place, generation, _GENERATION_SECONDS)
            return generation, None
        if marked is None or marked[:_MARK_BYTES] != generation:
            return generation, None
        return generation, marked[_MARK_BYTES:]

    def _put(self, key: str, value: bytes, ttl_seconds: int) -> None:
        self._cache.put(key, value, ttl_seconds=ttl_seconds)
