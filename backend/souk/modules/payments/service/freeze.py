"""Stopping what rests on blocks that a person has to look at."""

import logging

from souk.modules.orders.domain import HoldKind
from souk.modules.payments.repository import legs as leg_rows
from souk.modules.payments.service.parts import Parts

_log = logging.getLogger(__name__)


class Freezing:
    """Holds orders up. Nothing here lifts such a hold: only a person can say that an incident is
    over for an order, also after the chain agrees with our record again."""

    _parts: Parts

    def freeze_unsettled(self, chain_id: int, incident_id: str, *, from_block: int | None) -> int:
        """Hold up every order whose money is still in escrow on this chain by a fact that stands
        at `from_block` or above, or wherever when that is `None`; how many were not held up by
        this incident before.

        Each order is frozen in a transaction of its own, so that nobody waits for all of them;
        one that was killed in between is called again and does the rest.
        """
        with self._parts.uow.begin() as tx:
            orders = leg_rows.list_unsettled_orders(tx, chain_id, from_block=from_block)
        frozen = sum(self._freeze(order_id, incident_id) for order_id in orders)
        if frozen:
            _log.error("incident %s holds up %d orders", incident_id, frozen)
        return frozen

    def _freeze(self, order_id: str, incident_id: str) -> bool:
        with self._parts.uow.begin() as tx:
            opened = self._parts.orders.open_hold(tx, order_id, HoldKind.INCIDENT, incident_id)
            tx.commit()
        return opened
