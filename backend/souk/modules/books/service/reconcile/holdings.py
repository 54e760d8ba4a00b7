"""Comparing all that the books say is held with all that a rail holds."""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from souk.modules.books.domain import BreakClass, Difference, RailReport, Rule
from souk.modules.books.repository import breaks as break_rows
from souk.modules.books.service.reconcile.parts import Comparison, Parts
from souk.modules.ledger.domain import Holding
from souk.modules.payments.domain import Leg

_log = logging.getLogger(__name__)

_CHUNK = 200
_RULES = (Rule.HOLDERS_ARE_LEGS, Rule.RAIL_HOLDS_WHAT_BOOKS_SAY, Rule.RAIL_COVERS_THE_BOOKS)


class HoldingsComparison:
    """Begins with the books, where `LegComparison` begins with the legs: whatever holds money
    there has to be a leg, and all legs together have to hold at the rail what they do there."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def compare(self, comparison: Comparison, report: RailReport) -> None:
        """Compare the sums of each asset, and the rail's whole balance. What changed since the
        position is left out on both sides, and so is what the rail cannot tell."""
        with self._parts.uow.begin() as tx:
            holdings = {one.holder: one for one in self._parts.ledger.holdings(tx)}
        booked: dict[str, int] = defaultdict(int)
        remaining: dict[str, int] = defaultdict(int)
        legs: list[Leg] = []
        found: list[Difference] = []
        for chunk in _chunks(list(holdings)):
            known, comparable = self._legs(comparison, chunk)
            found += [_stranger(holdings[one]) for one in chunk if one not in known]
            figures = comparison.rail.figures(comparison.position, comparable)
            for leg in comparable:
                if leg.id in figures:
                    legs.append(leg)
                    booked[leg.asset.code] += holdings[leg.id].amount
                    remaining[leg.asset.code] += figures[leg.id].remaining
        balance = comparison.rail.holdings(comparison.position, legs)
        found += _differing(booked, remaining) + _uncovered(booked, balance)
        self._keep(comparison, found, report)

    def _legs(
        self, comparison: Comparison, leg_ids: Sequence[str]
    ) -> tuple[Collection[str], list[Leg]]:
        """Which of these holders are legs, and those of them that can be compared here."""
        payments, since = self._parts.payments, comparison.position.settled_at
        with self._parts.uow.begin() as tx:
            legs = payments.legs(tx, leg_ids)
            moved = payments.legs_changed_since(tx, leg_ids, since)
        still = (leg for leg in legs.values() if leg.id not in moved)
        return legs, [leg for leg in still if comparison.rail.knows(leg)]

    def _keep(
        self, comparison: Comparison, found: Sequence[Difference], report: RailReport
    ) -> None:
        place = comparison.rail.place
        for difference in found:
            kind = BreakClass.MONEY_MISSING if difference.claims_more else BreakClass.UNKNOWN
            with self._parts.uow.begin() as tx:
                kept = break_rows.open_break(tx, place, difference, kind)
                tx.commit()
            if kept.before is not kind:
                _log.error("%s: %s: %s", place, kind, difference)
        with self._parts.uow.begin() as tx:
            report.healed += break_rows.close_unseen(tx, place, _RULES, before=comparison.begun_at)
            tx.commit()


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _CHUNK):
        yield ids[start : start + _CHUNK]


def _stranger(holding: Holding) -> Difference:
    """A holder that is no leg; whichever rail is compared finds it."""
    return Difference(
        subject=holding.holder,
        rule=Rule.HOLDERS_ARE_LEGS,
        expected="a leg",
        found=f"{holding.amount} {holding.asset}",
        claims_more=True,
    )


def _differing(booked: Mapping[str, int], remaining: Mapping[str, int]) -> list[Difference]:
    return [
        Difference(
            subject=asset,
            rule=Rule.RAIL_HOLDS_WHAT_BOOKS_SAY,
            expected=f"{remaining[asset]} remaining",
            found=f"{amount} booked",
            claims_more=amount > remaining[asset],
        )
        for asset, amount in booked.items()
        if amount != remaining[asset]
    ]


def _uncovered(booked: Mapping[str, int], balance: Mapping[str, int]) -> list[Difference]:
    """More may lie there than is ours: strangers' orders, credits, gifts."""
    return [
        Difference(
            subject=asset,
            rule=Rule.RAIL_COVERS_THE_BOOKS,
            expected=f"{balance.get(asset, 0)} there",
            found=f"{amount} booked",
            claims_more=True,
        )
        for asset, amount in booked.items()
        if amount > balance.get(asset, 0)
    ]
