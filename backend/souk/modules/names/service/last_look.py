"""Looking at a store's name once more before somebody trusts it with money."""

import logging
from collections.abc import Collection, Sequence
from datetime import timedelta

from souk.core.errors import UnavailableError
from souk.core.unit_of_work import Transaction
from souk.modules.names import repository
from souk.modules.names.domain import Fault, LostName, NameRecord, Verification, find_loss
from souk.modules.names.ports import PromptLooks
from souk.modules.names.service.judge import Judge

_log = logging.getLogger(__name__)

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
        return repository.list_due_of(tx, FRESH, seller_ids) if seller_ids else []

    def look(self, stale: Sequence[Verification]) -> list[LostName]:
        """Those of these names that do not hold, which their stores have lost by now."""
        if not stale:
            return []
        found = self._looks.look_all([one.name for one in stale])
        judged = [(one, self._verdict(one, found.get(one.name))) for one in stale]
        return [
            LostName(one.seller_id, one.name, fault) for one, fault in judged if fault is not None
        ]

    def _verdict(self, shown: Verification, record: NameRecord | None) -> Fault | None:
        """A gateway that has no answer at present is left to the daily look: no more is known of
        the name then than while its chain is away. Whoever waits is not refused because the store
        is busy."""
        if record is not None and find_loss(record, shown) is Fault.OFF_CHAIN:
            record = None
        try:
            return self._judge.judge(shown, record)
        except UnavailableError as error:
            _log.warning("a name is looked at again later: %s", error.detail)
            return None
