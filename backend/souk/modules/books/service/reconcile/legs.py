"""Comparing legs with what their rail and the books say, and looking into what differs."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from souk.core.errors import UnavailableError
from souk.modules.books.domain import BreakClass, Difference, RailReport, Rule, find_difference
from souk.modules.books.repository import breaks as break_rows
from souk.modules.books.service.reconcile.parts import Comparison, Parts
from souk.modules.ledger.domain import OrderMoney
from souk.modules.orders.domain import HoldKind
from souk.modules.payments.domain import Leg

_log = logging.getLogger(__name__)

_RULES = (Rule.LEGS_EQUAL_THE_RAIL, Rule.BOOKS_EQUAL_THE_LEG)


@dataclass(frozen=True, slots=True)
class _Known:
    """A leg with what the books say of it."""

    leg: Leg
    money: OrderMoney | None


class LegComparison:
    """Compares some legs at a time."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def compare(self, comparison: Comparison, leg_ids: Sequence[str], report: RailReport) -> None:
        """Compare these legs, as far as they belong to the place and did not change since the
        position; mend what can be, keep what cannot, and close what is no longer so."""
        known = self._known(comparison, leg_ids)
        if not known:
            return
        legs = [each.leg for each in known.values()]
        figures = comparison.rail.figures(comparison.position, legs)
        calm = []
        for leg_id, each in known.items():
            if leg_id not in figures:
                continue
            report.legs += 1
            difference = find_difference(each.leg, figures[leg_id], each.money)
            if difference is None:
                calm.append(leg_id)
            else:
                self._look_into(comparison, each.leg, difference, report)
        self._close(comparison, calm, report)

    def _known(self, comparison: Comparison, leg_ids: Sequence[str]) -> dict[str, _Known]:
        """The legs that can be compared. What changed after the position was settled is left for
        the next time."""
        payments, settled_at = self._parts.payments, comparison.position.settled_at
        with self._parts.uow.begin() as tx:
            legs = payments.legs(tx, leg_ids)
            moved = payments.legs_changed_since(tx, leg_ids, settled_at)
            orders = sorted({leg.order_id for leg in legs.values()})
            money = self._parts.ledger.money_of_orders(tx, orders)
        booked = {(each.holder, each.asset): each for each in money}
        return {
            leg.id: _Known(leg, booked.get((leg.id, leg.asset.code)))
            for leg in legs.values()
            if leg.id not in moved and comparison.rail.knows(leg)
        }

    def _look_into(
        self, comparison: Comparison, leg: Leg, difference: Difference, report: RailReport
    ) -> None:
        """Find out what a difference is by trying what mends each kind of it, the harmless first:
        ask the rail for all that it knows of the leg, then compute the leg anew. A rail that could
        not be asked may know what explains it."""
        at_the_rail = difference.rule is Rule.LEGS_EQUAL_THE_RAIL
        taken = self._recover(comparison, leg) if at_the_rail else 0
        if taken:
            how = f"{taken} facts were found at the rail and observed"
            self._judge(comparison, leg, difference, BreakClass.MISSED_FACT, how, report)
        elif self._parts.payments.compute_anew(leg):
            kind = BreakClass.PROJECTION_STALE
            self._judge(comparison, leg, difference, kind, "computed anew", report)
        elif taken is None:
            self._doubt(comparison, difference)
        else:
            self._give_up(comparison, leg, difference)

    def _recover(self, comparison: Comparison, leg: Leg) -> int | None:
        """How many facts the rail knew that we did not; `None` when it could not be asked."""
        with self._parts.uow.begin() as tx:
            known = self._parts.payments.counted(tx, leg.id)
        try:
            found = comparison.rail.recover(comparison.position, leg, known)
        except UnavailableError as failure:
            _log.warning("%s: %s cannot be looked into: %s", comparison.rail.place, leg.id, failure)
            return None
        return sum(self._parts.payments.observe(observation) for observation in found)

    def _judge(
        self,
        comparison: Comparison,
        leg: Leg,
        difference: Difference,
        kind: BreakClass,
        how: str,
        report: RailReport,
    ) -> None:
        """Whether what was done has mended it; if not, it stays open and is looked into again."""
        left = self._difference_now(comparison, leg.id)
        with self._parts.uow.begin() as tx:
            if left is None:
                break_rows.heal(tx, comparison.rail.place, difference, kind, how)
            else:
                break_rows.open_doubt(tx, comparison.rail.place, left)
            tx.commit()
        _log.error("%s: %s %s: %s", comparison.rail.place, kind, how, left or difference)
        if left is None:
            report.healed += 1

    def _difference_now(self, comparison: Comparison, leg_id: str) -> Difference | None:
        with self._parts.uow.begin() as tx:
            leg = self._parts.payments.legs(tx, [leg_id])[leg_id]
            money = self._parts.ledger.money_of_orders(tx, [leg.order_id])
        booked = {(each.holder, each.asset): each for each in money}
        figures = comparison.rail.figures(comparison.position, [leg])
        if leg_id not in figures:
            return None
        return find_difference(leg, figures[leg_id], booked.get((leg_id, leg.asset.code)))

    def _doubt(self, comparison: Comparison, difference: Difference) -> None:
        """Have it looked into again next time, and hold nothing up meanwhile. What was proved of it
        before stays so."""
        place = comparison.rail.place
        with self._parts.uow.begin() as tx:
            kept = break_rows.open_doubt(tx, place, difference)
            tx.commit()
        if kept.before is None:
            _log.error("%s: not looked into yet: %s", place, difference)

    def _give_up(self, comparison: Comparison, leg: Leg, difference: Difference) -> None:
        """Nothing that we may do mends it. Where we count on money that is not there, nothing
        irreversible may happen to the order until a person has looked; nor is that hold lifted
        by the figures' agreeing again."""
        if self._moved(comparison, leg):
            return
        kind = BreakClass.MONEY_MISSING if difference.claims_more else BreakClass.UNKNOWN
        place = comparison.rail.place
        with self._parts.uow.begin() as tx:
            kept = break_rows.open_break(tx, place, difference, kind)
            # Once: who lifts the hold has seen this break.
            if kind is BreakClass.MONEY_MISSING and kept.before is not kind:
                self._parts.orders.open_hold(tx, leg.order_id, HoldKind.INCIDENT, kept.id)
            tx.commit()
        if kept.before is not kind:
            _log.error("%s: %s: %s", place, kind, difference)

    def _moved(self, comparison: Comparison, leg: Leg) -> bool:
        """Whether the leg changed while it was looked into, so that nothing was proved."""
        with self._parts.uow.begin() as tx:
            now = self._parts.payments.legs(tx, [leg.id])[leg.id]
            since = comparison.position.settled_at
            return now != leg or bool(self._parts.payments.legs_changed_since(tx, [leg.id], since))

    def _close(self, comparison: Comparison, calm: Sequence[str], report: RailReport) -> None:
        with self._parts.uow.begin() as tx:
            closed = break_rows.close_unseen(
                tx,
                comparison.rail.place,
                _RULES,
                calm,
                before=comparison.begun_at,
            )
            tx.commit()
        report.healed += closed
