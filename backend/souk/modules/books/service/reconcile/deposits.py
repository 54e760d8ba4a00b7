"""Looking for money at a rail that is for no leg of ours."""

import logging
from collections.abc import Sequence
from datetime import datetime

from souk.modules.books.domain import BreakClass, Deposit, Difference, RailReport, Rule
from souk.modules.books.repository import breaks as break_rows
from souk.modules.books.service.reconcile.parts import Comparison, Parts

_log = logging.getLogger(__name__)


class DepositComparison:
    """Begins with what came in. Whose money it is that nobody here asked for, and what is to happen
    to it, only a person can find out."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def compare(self, comparison: Comparison, since: datetime, report: RailReport) -> None:
        """Keep what came in since an instant for no leg, and close what is explained by now, or
        went back."""
        for page in comparison.rail.deposits(since, comparison.position):
            references = {reference for one in page for reference in one.references}
            with self._parts.uow.begin() as tx:
                known = self._parts.payments.known_references(tx, references)
            strange = [one for one in page if one.amount and not known & {*one.references}]
            for one in strange:
                self._keep(comparison, one)
            self._close(comparison, [one for one in page if one not in strange], report)

    def _keep(self, comparison: Comparison, deposit: Deposit) -> None:
        place = comparison.rail.place
        difference = Difference(
            subject=deposit.subject,
            rule=Rule.MONEY_HAS_A_LEG,
            expected="a leg",
            found=f"{deposit.amount} {deposit.currency}",
            claims_more=False,
        )
        with self._parts.uow.begin() as tx:
            kept = break_rows.open_break(tx, place, difference, BreakClass.UNKNOWN)
            tx.commit()
        if kept.before is None:
            _log.error("%s: money that is for no leg of ours: %s", place, difference)

    def _close(self, comparison: Comparison, calm: Sequence[Deposit], report: RailReport) -> None:
        with self._parts.uow.begin() as tx:
            report.healed += break_rows.close_unseen(
                tx,
                comparison.rail.place,
                (Rule.MONEY_HAS_A_LEG,),
                [one.subject for one in calm],
                before=comparison.begun_at,
            )
            tx.commit()
