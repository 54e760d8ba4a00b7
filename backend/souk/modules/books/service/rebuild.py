"""Everything that follows from a chain's raw logs, computed anew and compared with what we have:
the chain's record, the legs, and by the rules of the books what the ledger and the orders say."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from souk.core.outbox import waiting_aggregates
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.books.repository import checks as check_rows
from souk.modules.books.service.check import ON_ITS_WAY
from souk.modules.chain.domain import Replayed
from souk.modules.chain.events import EscrowEvent
from souk.modules.chain.service import ChainRecords, Mended, Replays
from souk.modules.ledger.domain import Break
from souk.modules.payments.domain import EscrowLeg, FactStage, Observation
from souk.modules.payments.service import LegUnlike, Payments, compare_leg

_log = logging.getLogger(__name__)

Read = Callable[[EscrowEvent], Sequence[Observation]]
"""What an event of the chain says of a leg."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """One moment: the chain's record beside its logs; how many legs were computed from the logs,
    those that differ, and how many were left out because news of them is on its way; and what rule
    of the books does not hold."""

    record: Replayed
    legs: int
    waiting: int
    unlike: tuple[LegUnlike, ...]
    breaks: tuple[Break, ...]

    @property
    def equal(self) -> bool:
        """Whether all of it is as the logs have it."""
        return self.record.equal and not self.unlike and not self.breaks


class Rebuilding:
    """Compares, and mends."""

    def __init__(
        self,
        uow: UnitOfWork,
        replays: Replays,
        records: ChainRecords,
        payments: Payments,
        read: Read,
    ) -> None:
        self._uow = uow
        self._replays = replays
        self._records = records
        self._payments = payments
        self._read = read

    @property
    def ids(self) -> tuple[int, ...]:
        """The chains that are followed."""
        return self._replays.ids

    def check(self, chain_id: int) -> Rebuilt:
        """Compare, at one moment, without writing or locking anything. Raises `ChainNotFollowed`,
        `DatabaseUnavailable`."""
        with self._uow.snapshot() as tx:
            record = self._replays.compare(tx, chain_id)
            legs, left_out, unlike = self._compare_legs(tx, chain_id)
            breaks = check_rows.list_breaks(tx, tx.now - ON_ITS_WAY)
        return Rebuilt(record, legs, left_out, tuple(unlike), tuple(breaks))

    def mend(self, chain_id: int) -> tuple[Mended, int]:
        """Set the chain's record right, and then the legs that still differ; what came of the
        first, and how many legs were changed. What the record tells anew reaches its legs by the
        ordinary way. Harmless when nothing is amiss, and when run twice. Raises
        `ChainNotFollowed`, `DatabaseUnavailable`."""
        mended = self._replays.mend(chain_id)
        with self._uow.snapshot() as tx:
            _, _, wrong = self._compare_legs(tx, chain_id)
        return mended, sum(self._hear_again(chain_id, one) for one in wrong)

    def _compare_legs(self, tx: Transaction, chain_id: int) -> tuple[int, int, list[LegUnlike]]:
        """How many legs were compared, how many were left out, and those that differ."""
        waiting = waiting_aggregates(tx.session)
        legs, left_out, unlike = 0, 0, list[LegUnlike]()
        for page in self._payments.legs_on_chain(tx, chain_id):
            known = [leg for leg in page if f"{chain_id}:{leg.escrow_id}" not in waiting]
            legs, left_out = legs + len(known), left_out + len(page) - len(known)
            unlike += self._unlike(tx, chain_id, known)
        return legs, left_out, unlike

    def _unlike(self, tx: Transaction, chain_id: int, legs: Sequence[EscrowLeg]) -> list[LegUnlike]:
        found = []
        for contract in {leg.contract for leg in legs}:
            there = [leg for leg in legs if leg.contract == contract]
            ids = [leg.escrow_id for leg in there]
            told = self._replays.told(tx, chain_id, contract, ids)
            for leg in there:
                said = [one for event in told.get(leg.escrow_id, ()) for one in self._read(event)]
                if (unlike := compare_leg(leg, said)) is not None:
                    found.append(unlike)
        return found

    def _hear_again(self, chain_id: int, unlike: LegUnlike) -> bool:
        """Take in what stands about a leg and was not heard, take back what was heard and does not
        stand, and draw the conclusions."""
        leg = unlike.leg
        events = self._records.facts_of(chain_id, leg.contract, leg.escrow_id)
        standing = [one for event in events for one in self._read(event)]
        with self._uow.begin() as tx:
            counted = self._payments.counted(tx, leg.id)
        shown = {one.observation_id for one in standing}
        gone = [one for one in counted if one.observation_id not in shown]
        heard = [
            self._payments.observe(one)
            for one in [*(replace(one, stage=FactStage.ORPHANED) for one in gone), *standing]
        ]
        changed = self._payments.compute_anew(leg)
        _log.warning("leg %s was set right by the chain's logs", leg.id)
        return any(heard) or changed
