"""When the rails are compared, and how much of them.

Nothing is decided here that could not be decided again: a comparison may be killed at any moment,
be late, and run beside itself. What was missed is observed, which is harmless twice; a break is
one row while it is open; and a break is closed only by who has looked at its subject since it was
last seen.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from souk.core.errors import UnavailableError
from souk.core.unit_of_work import UnitOfWork
from souk.modules.books.domain import OpenBreak, RailReport
from souk.modules.books.ports import RailStatement
from souk.modules.books.repository import breaks as break_rows
from souk.modules.books.service.reconcile.deposits import DepositComparison
from souk.modules.books.service.reconcile.hear import Hearing
from souk.modules.books.service.reconcile.holdings import HoldingsComparison
from souk.modules.books.service.reconcile.instructions import InstructionComparison
from souk.modules.books.service.reconcile.legs import LegComparison
from souk.modules.books.service.reconcile.parts import Comparison, Parts
from souk.modules.ledger.service import Ledger
from souk.modules.orders.service import Orders
from souk.modules.payments.service import Payments

_log = logging.getLogger(__name__)

PATIENCE = timedelta(seconds=15)
"""So long a fact may take from a rail to us before it counts as missed."""
LATELY = timedelta(hours=1)
WHOLE = timedelta(days=31)

_OVERLAP = timedelta(minutes=10)
_NIGHT_HOUR = 3
_CHUNK = 100


def _silent(_line: str) -> None:
    """Say nothing."""


class Reconciliation:
    """Compares every rail with the legs and the books. Called with no transaction open."""

    def __init__(
        self,
        uow: UnitOfWork,
        orders: Orders,
        ledger: Ledger,
        payments: Payments,
        rails: Sequence[RailStatement],
        *,
        patience: timedelta = PATIENCE,
    ) -> None:
        self._parts = Parts(uow=uow, orders=orders, ledger=ledger, payments=payments)
        self._rails = tuple(rails)
        self._patience = patience

    @property
    def places(self) -> tuple[str, ...]:
        """Where there are rails to compare."""
        return tuple(rail.place for rail in self._rails)

    def compare_lately(self) -> list[RailReport]:
        """Compare what changed since the last comparison or is open still."""
        return [self._guarded(rail, days=None, say=_silent) for rail in self._rails]

    def compare_nightly(self) -> list[RailReport]:
        """Compare all of a month, at each place where that was not done since last night's hour;
        does nothing anywhere else."""
        due = [rail for rail in self._rails if self._is_due(rail)]
        return [self._guarded(rail, days=WHOLE, say=_silent) for rail in due]

    def compare(
        self,
        days: timedelta | None,
        places: Sequence[str],
        say: Callable[[str], None] = _silent,
    ) -> list[RailReport]:
        """Compare some places over so many days, or as `compare_lately` does; `say` is told how
        far it has come."""
        chosen = [rail for rail in self._rails if rail.place in places]
        return [self._guarded(rail, days=days, say=say) for rail in chosen]

    def list_open(self, places: Sequence[str]) -> list[OpenBreak]:
        """The breaks that are open at these places, the oldest first."""
        with self._parts.uow.begin() as tx:
            return break_rows.list_open(tx, places)

    def _is_due(self, rail: RailStatement) -> bool:
        with self._parts.uow.begin() as tx:
            compared, now = break_rows.find_compared(tx, rail.place), tx.now
        tonight = now.replace(hour=_NIGHT_HOUR, minute=0, second=0, microsecond=0)
        last = tonight if tonight <= now else tonight - timedelta(days=1)
        whole_at = None if compared is None else compared[1]
        return whole_at is None or whole_at < last

    def _guarded(
        self, rail: RailStatement, *, days: timedelta | None, say: Callable[[str], None]
    ) -> RailReport:
        """A rail that is away keeps nobody from comparing the others."""
        report = RailReport(place=rail.place)
        try:
            self._compare(rail, days, report, say)
        except UnavailableError as failure:
            _log.warning("%s cannot be compared: %s", rail.place, failure)
            report.failure = str(failure)
        report.open = len(self.list_open([rail.place]))
        return report

    def _compare(
        self,
        rail: RailStatement,
        days: timedelta | None,
        report: RailReport,
        say: Callable[[str], None],
    ) -> None:
        position = rail.position(self._patience)
        if position is None:
            report.failure = "nothing there has settled yet"
            return
        report.position = position
        since, now = self._since(rail, days)
        comparison = Comparison(rail=rail, position=position, begun_at=now)
        report.facts = Hearing(self._parts).take_in(comparison, since)
        say(f"{rail.place}: up to {position}, missed facts: {report.facts}")
        legs = LegComparison(self._parts)
        DepositComparison(self._parts).compare(comparison, since, report)
        InstructionComparison(self._parts).compare(comparison, report)
        for chunk in self._chunks(rail, since, changed_alone=rail.one_by_one and days is None):
            legs.compare(comparison, chunk, report)
            say(f"{rail.place}: {report.legs} legs compared")
        if days is not None:
            HoldingsComparison(self._parts).compare(comparison, report)
            say(f"{rail.place}: what is held in all compared")
        with self._parts.uow.begin() as tx:
            whole = days is not None and days >= WHOLE
            break_rows.put_compared(tx, rail.place, position, begun_at=now, whole=whole)
            tx.commit()

    def _since(self, rail: RailStatement, days: timedelta | None) -> tuple[datetime, datetime]:
        """From which instant on, and what it is now."""
        with self._parts.uow.begin() as tx:
            compared, now = break_rows.find_compared(tx, rail.place), tx.now
        if days is not None:
            return now - days, now
        since = now - LATELY
        return (since if compared is None else min(since, compared[0] - _OVERLAP)), now

    def _chunks(
        self, rail: RailStatement, since: datetime, *, changed_alone: bool
    ) -> Iterator[Sequence[str]]:
        """The legs to look at: also those about which a break is open."""
        with self._parts.uow.begin() as tx:
            lately = self._parts.payments.legs_to_compare(
                tx, rail.clock, since, changed_alone=changed_alone
            )
            doubted = break_rows.list_open_subjects(tx, rail.place)
        ids = sorted({*lately, *doubted})
        for start in range(0, len(ids), _CHUNK):
            yield ids[start : start + _CHUNK]
