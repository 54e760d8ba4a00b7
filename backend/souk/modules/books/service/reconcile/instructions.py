"""Looking for movements that a rail was told of and has not made."""

import logging
from collections.abc import Iterator
from datetime import timedelta

from souk.core.clock import rfc3339
from souk.modules.books.domain import BreakClass, Difference, RailReport, Rule
from souk.modules.books.repository import breaks as break_rows
from souk.modules.books.service.reconcile.parts import Comparison, Parts
from souk.modules.payments.domain import Undone

_log = logging.getLogger(__name__)

LONGEST = timedelta(hours=6)
"""So long an instruction may be open: it is repeated every hour, and a provider's bad day, or a
seller's empty account, is over by then or needs somebody."""


class InstructionComparison:
    """What is still open is repeated by whoever carries instructions out, and what was refused is
    told anew by a person, if at all: here both are only shown."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def compare(self, comparison: Comparison, report: RailReport) -> None:
        """Keep what is not done, and close what is by now."""
        place = comparison.rail.place
        for difference in self._undone(comparison):
            with self._parts.uow.begin() as tx:
                kept = break_rows.open_break(tx, place, difference, BreakClass.UNDONE)
                tx.commit()
            if kept.before is None:
                _log.error("%s: %s: %s", place, BreakClass.UNDONE, difference)
        with self._parts.uow.begin() as tx:
            rules = (Rule.INSTRUCTIONS_END,)
            report.healed += break_rows.close_unseen(tx, place, rules, before=comparison.begun_at)
            tx.commit()

    def _undone(self, comparison: Comparison) -> Iterator[Difference]:
        payments, rail = self._parts.payments, comparison.rail
        with self._parts.uow.begin() as tx:
            undone = payments.undone(tx, rail.clock, tx.now - LONGEST)
            legs = payments.legs(tx, [one.instruction.leg_id for one in undone])
        for one in undone:
            if rail.knows(legs[one.instruction.leg_id]):
                yield _difference(one)


def _difference(undone: Undone) -> Difference:
    told = undone.instruction
    standing = "refused" if undone.is_refused else f"open since {rfc3339(undone.since)}"
    return Difference(
        subject=undone.instruction_id,
        rule=Rule.INSTRUCTIONS_END,
        expected=f"{told.kind} {told.amount} of {told.leg_id}",
        found=f"{standing}: {undone.why}" if undone.why else standing,
        claims_more=False,
    )
