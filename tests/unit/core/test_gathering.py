"""Many who ask at the same time, and one who looks."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import TypeVar

import pytest

from souk.core.gathering import Gathered

T = TypeVar("T")


class Looks:
    """Answers with the length of each word, once it is let go on; nothing is known of "?"."""

    def __init__(self) -> None:
        self.asked: list[Sequence[str]] = []
        self.at_once, self.most_at_once = 0, 0
        self.begun = asyncio.Event()
        self.may_answer = asyncio.Event()

    async def look(self, words: Sequence[str]) -> Mapping[str, int]:
        self.asked.append(words)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.begun.set()
        await self.may_answer.wait()
        self.at_once -= 1
        if "fail" in words:
            raise LookupError("it fails")
        return {word: len(word) for word in words if word != "?"}


def run(asking: Coroutine[object, object, T]) -> T:
    return asyncio.run(asyncio.wait_for(asking, 5))


def test_who_asks_during_a_look_is_answered_by_the_next_one_together() -> None:
    looks = Looks()

    async def ask() -> list[int | None]:
        gathered = Gathered(looks.look)
        first = asyncio.create_task(gathered.find("a"))
        await looks.begun.wait()
        others = [asyncio.create_task(gathered.find(word)) for word in ("a", "bb", "bb", "?")]
        await asyncio.sleep(0)
        looks.may_answer.set()
        return await asyncio.gather(first, *others)

    assert run(ask()) == [1, 1, 2, 2, None]
    assert looks.asked == [["a"], ["a", "bb", "?"]]
    assert looks.most_at_once == 1


def test_others_are_answered_when_one_gives_up() -> None:
    looks = Looks()

    async def ask() -> int | None:
        gathered = Gathered(looks.look)
        impatient, patient = (asyncio.create_task(gathered.find("a")) for _ in range(2))
        await looks.begun.wait()
        impatient.cancel()
        looks.may_answer.set()
        return await patient

    assert run(ask()) == 1


def test_all_who_asked_are_told_when_a_look_fails_and_the_next_look_answers() -> None:
    looks = Looks()
    looks.may_answer.set()

    async def ask() -> int | None:
        gathered = Gathered(looks.look)
        failed = await asyncio.gather(*map(gathered.find, ("fail", "a")), return_exceptions=True)
        assert [type(one) for one in failed] == [LookupError, LookupError]
        return await gathered.find("a")

    assert run(ask()) == 1


@pytest.mark.parametrize("count", [1, 500, 1_200])
def test_a_look_is_about_so_many_at_most(count: int) -> None:
    looks = Looks()
    looks.may_answer.set()

    async def ask() -> list[int | None]:
        gathered = Gathered(looks.look)
        return await asyncio.gather(*(gathered.find(str(number)) for number in range(count)))

    assert run(ask()) == [len(str(number)) for number in range(count)]
    assert max(map(len, looks.asked)) <= 500
