"""The log of deliveries is kept for a while."""

from souk.core.unit_of_work import UnitOfWork
from souk.modules.webhooks.domain import KEEP_LOG
from souk.modules.webhooks.repository import deliveries

_BATCH = 1000


class DeliveryLog:
    """What was sent, when, and what came of it."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    def forget_old(self) -> int:
        """Delete deliveries past their time with their attempts, a batch in each transaction so
        that nobody waits for it, then deleted endpoints without any; returns how many deliveries
        there were."""
        forgotten = 0
        while True:
            with self._uow.begin() as tx:
                count = deliveries.forget(tx, tx.now - KEEP_LOG, limit=_BATCH)
                if count < _BATCH:
                    deliveries.forget_endpoints(tx, tx.now - KEEP_LOG)
                tx.commit()
            forgotten += count
            if count < _BATCH:
                return forgotten
