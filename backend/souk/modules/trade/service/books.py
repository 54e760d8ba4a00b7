"""Whether the books balance, looked at every hour: a rule that does not hold is shouted."""

import logging
from datetime import timedelta

from souk.core.errors import UnavailableError
from souk.core.unit_of_work import UnitOfWork
from souk.modules.ledger.domain import Break
from souk.modules.ledger.service import Ledger

_log = logging.getLogger(__name__)

PATIENCE = timedelta(minutes=10)


class Books:
    """The standing check of the ledger's rules."""

    def __init__(self, uow: UnitOfWork, ledger: Ledger, *, patience: timedelta = PATIENCE) -> None:
        self._uow = uow
        self._ledger = ledger
        self._patience = patience

    def check(self) -> list[Break]:
        """Every rule of the books that does not hold now; each is logged as an error, and so is a
        check that could not be made: books that nobody has looked at are not in order."""
        try:
            with self._uow.begin() as tx:
                breaks = self._ledger.check_books(tx, self._patience)
        except UnavailableError as failure:
            _log.error("books: not checked: %s", failure)
            raise
        for found in breaks:
            _log.error(
                "books: %s does not hold for %s: %s", found.rule, found.subject, found.detail
            )
        return breaks
