"""Looking at a store's name once more before somebody trusts it with money."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from souk.core.unit_of_work import Transaction
from souk.modules.names import repository
from souk.modules.names.domain import Fault, LostName, NameRecord, Verification, find_fault
from souk.modules.names.ports import PromptLooks
from souk.modules.names.service.judge import Judge

FRESH = timedelta(minutes=1)
"""For so long after a look nobody need look again: a busy store costs its chain a question a
minute, not one an order."""


class LastLooks:
    """In two steps, as no network is asked inside a transaction: what is to be looked at, and the
    look, which takes a moment at most and keeps a name while the chain cannot be asked."""

    def __init__(self, judge: Judge, looks: PromptLooks) -> None:
        self._judge, self._looks = judge, looks

    def list_stale(self, tx: Transaction, seller_ids: Collection[str]) -> list[Verification]:
        """The names that these stores show and that nobody has looked at for a minute, or whose
        time is over."""
        return repository.list_due(tx, FRESH, sellers=seller_ids) if seller_ids else []

    def look(self, stale: Sequence[Verification]) -> list[LostName]:
        """Those of these names that do not hold, which their stores have lost by now."""
        if not stale:
            return []
        found = self._looks.look_all([one.name for one in stale])
        seen = {name: record for name, record in found.items() if not _is_silent(record)}
        judged = [(one, self._judge.judge(one, seen.get(one.name))) for one in stale]
        return [
            LostName(one.seller_id, one.name, fault) for one, fault in judged if fault is not None
        ]


def _is_silent(record: NameRecord) -> bool:
    """Whether a gateway has no answer at present, which is left to the daily look: no more is known
    of the name then than while its chain is away."""
    return find_fault(record) is Fault.OFF_CHAIN
