"""Which seeds are run, and what went wrong in all of them together."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tests.support.simchain.trouble import KINDS

OFTEN, DEEP, LEAST_OF_A_KIND = 40, 1_000, 50
KEPT = Path(__file__).with_name("failed_seeds.txt")


def chosen(*, seed: int | None, seeds: int | None, deep: bool) -> list[int]:
    """One seed, or so many, and always those that once failed."""
    if seed is not None:
        return [seed]
    wanted = range(seeds or (DEEP if deep else OFTEN))
    return [*wanted, *(each for each in kept() if each not in wanted)]


def kept() -> list[int]:
    """Seeds that have found something, from the list that is kept of them."""
    lines = (line.partition("#")[0].strip() for line in KEPT.read_text().splitlines())
    return [int(line) for line in lines if line]


def summary(happened: Counter[str], seeds: int) -> Iterable[str]:
    """How often each kind of trouble happened; the rarest first."""
    yield f"{sum(happened.values())} accidents of {len(+happened)} kinds in {seeds} seeds"
    yield ", ".join(f"{kind} {happened[kind]}" for kind in sorted(KINDS, key=happened.__getitem__))


def too_rare(happened: Counter[str], seeds: int) -> list[str]:
    """Kinds of trouble that so many seeds must have met more often; few seeds say nothing."""
    if seeds < DEEP:
        return []
    return [kind for kind in KINDS if happened[kind] < LEAST_OF_A_KIND]
