"""Questions that many ask at the same time, answered by one look."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import islice
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

_MOST_AT_ONCE = 500


class Gathered(Generic[K, V]):
    """What is asked while a look is under way is looked up together by the next one, so that there
    is never more than one, however many ask. For one event loop."""

    def __init__(self, look: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._look = look
        self._waiting: dict[K, asyncio.Future[V | None]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def find(self, key: K) -> V | None:
        """The answer of a look that began after this was asked. Raises what looking raises."""
        answer = self._waiting.get(key)
        if answer is None:
            answer = self._waiting[key] = asyncio.get_running_loop().create_future()
        if self._looking is None:
            self._looking = asyncio.create_task(self._answer_all())
        # Whoever gives up must not take the answer from those who asked the same.
        return await asyncio.shield(answer)

    async def _answer_all(self) -> None:
        try:
            while self._waiting:
                keys = list(islice(self._waiting, _MOST_AT_ONCE))
                await self._answer({key: self._waiting.pop(key) for key in keys})
        finally:
            self._looking = None

    async def _answer(self, asked: Mapping[K, "asyncio.Future[V | None]"]) -> None:
        try:
            found = await self._look(list(asked))
        except Exception as error:  # whoever asked is told, whatever it is
            for answer in asked.values():
                answer.set_exception(error)
        else:
            for key, answer in asked.items():
                answer.set_result(found.get(key))
