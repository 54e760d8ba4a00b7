"""Taking in what a rail said and nobody told us."""

import logging
from collections.abc import Sequence
from datetime import datetime

from souk.modules.books.domain import BreakClass, Difference, Rule
from souk.modules.books.repository import breaks as break_rows
from souk.modules.books.service.reconcile.parts import Comparison, Parts
from souk.modules.payments.domain import Observation

_log = logging.getLogger(__name__)


class Hearing:
    """Asks a rail for what it said, and observes what is news."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def take_in(self, comparison: Comparison, since: datetime) -> int:
        """Observe everything that the rail has said since an instant of our clock and that did not
        arrive; how many facts that were. Each is kept as a break that was healed."""
        pages = comparison.rail.observations(since, comparison.position)
        return sum(self._take_in(comparison, page) for page in pages)

    def _take_in(self, comparison: Comparison, page: Sequence[Observation]) -> int:
        with self._parts.uow.begin() as tx:
            news = self._parts.payments.news(tx, page)
        taken = 0
        for leg_id, observation in news:
            # The ordinary way may have been faster meanwhile.
            if self._parts.payments.observe(observation):
                self._note(comparison, leg_id, observation)
                taken += 1
        return taken

    def _note(self, comparison: Comparison, leg_id: str, observation: Observation) -> None:
        place, kind = comparison.rail.place, observation.fact.kind
        missed = Difference(
            subject=leg_id,
            rule=Rule.FACTS_ARRIVE,
            expected=f"{kind} {observation.stage}",
            found="nothing",
            claims_more=False,
        )
        _log.error("%s: a fact that had been missed was taken in: %s", place, missed)
        with self._parts.uow.begin() as tx:
            break_rows.heal(tx, place, missed, BreakClass.MISSED_FACT, "observed again")
            tx.commit()
