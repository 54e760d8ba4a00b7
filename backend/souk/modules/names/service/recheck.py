"""Looking again at the names that stores show."""

import logging
from datetime import timedelta

from souk.core.errors import UnavailableError
from souk.core.unit_of_work import UnitOfWork
from souk.modules.names import repository
from souk.modules.names.domain import Verification
from souk.modules.names.ports import NameService
from souk.modules.names.service.judge import Judge

_log = logging.getLogger(__name__)

EVERY = timedelta(days=1)
_AT_ONCE = 50


class Rechecks:
    """Every name is looked at once a day, and as soon as its time is over."""

    def __init__(self, uow: UnitOfWork, judge: Judge, service: NameService) -> None:
        self._uow, self._judge, self._service = uow, judge, service

    def check_due(self) -> int:
        """Look at those that are due; returns how many were looked at. While the chain cannot be
        asked a name is kept, unless its time is known to be over."""
        with self._uow.begin() as tx:
            due = repository.list_due(tx, EVERY, _AT_ONCE)
        return sum(self._check(verification) for verification in due)

    def _check(self, verification: Verification) -> bool:
        try:
            record = self._service.look(verification.name, off_chain=True)
        except UnavailableError:
            record = None
        try:
            self._judge.judge(verification, record)
        except UnavailableError as error:
            _log.warning("a name is looked at again later: %s", error.detail)
            return False
        return record is not None
