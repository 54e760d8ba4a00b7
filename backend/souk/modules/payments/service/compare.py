"""Looking at legs from outside, for those who compare them with something else."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from souk.core.unit_of_work import Transaction
from souk.modules.payments.domain import (
    EscrowLeg,
    Leg,
    Observation,
    Shares,
    Undone,
    attempt_status,
)
from souk.modules.payments.repository import compare as compare_rows
from souk.modules.payments.repository import divisions as division_rows
from souk.modules.payments.repository import instructions as instruction_rows
from souk.modules.payments.repository import legs as leg_rows
from souk.modules.payments.repository import payments as payment_rows
from souk.modules.payments.service.move import move_attempt, project_payment
from souk.modules.payments.service.parts import Parts
from souk.modules.payments.service.replay import pages_on_chain
from souk.modules.payments.service.settle import settle_order

_REASON = "computed anew from the facts that are known"


class Comparing:
    """Reads inside the caller's transaction, but for what computes a leg anew."""

    _parts: Parts

    def legs(self, tx: Transaction, leg_ids: Iterable[str]) -> dict[str, Leg]:
        """Those legs of these that there are, by id."""
        return leg_rows.list_by_id(tx, leg_ids)

    def legs_to_compare(
        self, tx: Transaction, clock: str, since: datetime, *, changed_alone: bool = False
    ) -> list[str]:
        """The ids of all legs by a clock that changed since an instant of our own, or, unless it is
        `changed_alone`, of which money is held or on its way."""
        return compare_rows.list_to_compare(tx, clock, since, changed_alone=changed_alone)

    def known_references(self, tx: Transaction, references: Collection[str]) -> set[str]:
        """Those of these names by which a rail knows a leg of ours."""
        return compare_rows.list_known(tx, references)

    def undone(self, tx: Transaction, clock: str, before: datetime) -> list[Undone]:
        """What rails were told of legs by a clock and have not done: open since before an instant
        of our own, or refused and not made up for."""
        return instruction_rows.list_undone(tx, clock, before)

    def legs_changed_since(
        self, tx: Transaction, leg_ids: Collection[str], instant: datetime
    ) -> set[str]:
        """Those of these legs that changed after an instant of our clock."""
        return compare_rows.list_changed_since(tx, leg_ids, instant)

    def news(
        self, tx: Transaction, observations: Sequence[Observation]
    ) -> list[tuple[str, Observation]]:
        """Those of these observations that `observe` would take in, with the ids of their legs."""
        return compare_rows.list_news(tx, observations)

    def divisions(self, attempt_id: str) -> Mapping[str, Shares]:
        """How what names no order fell to the legs of an attempt. In a transaction of its own: a
        rail's statement asks while it is at the provider."""
        with self._parts.uow.begin() as tx:
            return division_rows.of_attempt(tx, attempt_id)

    def counted(self, tx: Transaction, leg_id: str) -> list[Observation]:
        """What was observed of a leg and not taken back."""
        return compare_rows.list_counted(tx, leg_id)

    def legs_on_chain(self, tx: Transaction, chain_id: int) -> Iterator[list[EscrowLeg]]:
        """Every leg on a chain, a page at a time."""
        return pages_on_chain(tx, chain_id)

    def compute_anew(self, leg: Leg) -> bool:
        """Bring about again what follows from the facts that are known of a leg's order; whether
        that changed the leg. Harmless when nothing was amiss, and at any time."""
        with self._parts.uow.begin() as tx:
            (order,) = self._parts.orders.lock(tx, [leg.order_id])
            payment = payment_rows.lock(tx, leg.payment_id)
            before = leg_rows.list_by_id(tx, [leg.id])
            attempts = []
            for attempt in settle_order(tx, self._parts, payment, order):
                to = attempt_status(attempt.status, [each.status for each in attempt.legs])
                stale = attempt.id == leg.attempt_id and to is not attempt.status
                attempts.append(
                    move_attempt(tx, payment, attempt, to, reason=_REASON) if stale else attempt
                )
            project_payment(tx, payment, attempts, reason=_REASON)
            after = leg_rows.list_by_id(tx, [leg.id])
            tx.commit()
        return before != after
