"""How many blocks to ask for at once."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from souk.modules.chain.domain import VerifiedBlock

FIRST_SIZE = 2_000
MAX_SIZE = 8_000
FAST_SECONDS = 2.0


class Window:
    """Halved by any failure, whatever its words, since every provider has other limits; doubled
    while answers come fast."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self.size = FIRST_SIZE
        self.refusals = 0

    @contextmanager
    def measured(self, asked: int) -> Iterator[None]:
        """Around reading `asked` blocks. `refusals` counts failures in a row with a single one."""
        begun = self._monotonic()
        try:
            yield
        except Exception:
            self.refusals += asked == 1
            self.size = max(1, asked // 2)
            raise
        self.refusals = 0
        if asked >= self.size and self._monotonic() - begun < FAST_SECONDS:
            self.size = min(MAX_SIZE, self.size * 2)


def in_batches(blocks: Sequence[VerifiedBlock], logs: int) -> Iterator[Sequence[VerifiedBlock]]:
    """The blocks in order, in batches that end once they hold this many logs."""
    begin = held = 0
    for end, block in enumerate(blocks, 1):
        held += len(block.logs)
        if held >= logs or end == len(blocks):
            yield blocks[begin:end]
            begin, held = end, 0
