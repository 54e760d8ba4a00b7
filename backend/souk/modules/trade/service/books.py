"""Whether the books balance, looked at every hour: a rule that does not hold is shouted."""

import logging

from souk.core.unit_of_work import UnitOfWork
from souk.modules.ledger.domain import Break
from souk.modules.ledger.service import Ledger

_log = logging.getLogger(__name__)


class Books:
    """The standing check of the ledger's rules."""

    def __init__(self, uow: UnitOfWork, ledger: Ledger) -> None:
        self._uow = uow
        self._ledger = ledger

    def check(self) -> list[Break]:
        """Every rule of the books that does not hold now; each is logged as an error."""
        with self._uow.begin() as tx:
            breaks = self._ledger.check_books(tx)
        for found in breaks:
            _log.error(
                "books: %s does not hold for %s: %s", found.rule, found.subject, found.detail
            )
        return breaks
