"""Which chains answer at present, and how many callers wait for them.

Whoever waits for a chain holds a thread that others need: an endpoint that takes the question and
never answers would soon have all of them. So a chain that did not answer is left alone for a
moment, then asked by one caller until it has answered again, and at no time do more than a few wait
for one chain, or for all of them together. Who may not ask is told so at once.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from souk.core.clock import Clock
from souk.core.errors import ProviderUnavailable
from souk.modules.chain.errors import NodeRefuses

AWAY_FOR = timedelta(seconds=5)
"""How long a chain that did not answer is not asked again."""

AT_ONE_CHAIN = 8
AT_ALL_CHAINS = 16
"""How many may wait. For one chain less than for all, so that one that hangs leaves room to ask the
others; and for all much less than the forty threads that answer requests."""


@dataclass(slots=True)
class _Chain:
    """How many wait for a chain, and until when it counts as away; past that instant it is
    doubted until it has answered."""

    waiting: int = 0
    away_until: datetime | None = None


class ChainPresence:
    """What the threads of a process know together."""

    def __init__(
        self, clock: Clock, *, at_one: int = AT_ONE_CHAIN, at_all: int = AT_ALL_CHAINS
    ) -> None:
        self._clock = clock
        self._at_one, self._at_all = at_one, at_all
        self._lock = Lock()
        self._chains: defaultdict[int, _Chain] = defaultdict(_Chain)

    @contextmanager
    def asking(self, chain_id: int) -> Iterator[None]:
        """Ask a chain inside of this, and raise what asking raises: a chain is away when that is
        `ProviderUnavailable`, unless it is `NodeRefuses`, which is an answer too. Raises
        `ProviderUnavailable` when the chain is not to be asked now."""
        self._enter(chain_id)
        answered = True
        try:
            yield
        except NodeRefuses:
            raise
        except ProviderUnavailable:
            answered = False
            raise
        finally:
            self._leave(chain_id, answered=answered)

    def _enter(self, chain_id: int) -> None:
        with self._lock:
            chain = self._chains[chain_id]
            if self._is_away(chain):
                raise ProviderUnavailable(f"chain {chain_id} did not answer a moment ago")
            waiting = sum(each.waiting for each in self._chains.values())
            if chain.waiting >= self._at_one or waiting >= self._at_all:
                raise ProviderUnavailable(f"too many wait for an answer of chain {chain_id}")
            chain.waiting += 1

    def _is_away(self, chain: _Chain) -> bool:
        now = self._clock.now()
        if chain.away_until is None:
            return False
        return now < chain.away_until or chain.waiting > 0

    def _leave(self, chain_id: int, *, answered: bool) -> None:
        """The moment begins when the waiting is over, which may have taken longer than it."""
        now = self._clock.now()
        with self._lock:
            chain = self._chains[chain_id]
            chain.waiting -= 1
            chain.away_until = None if answered else now + AWAY_FOR
