"""Writing down who is to be told of an event."""

from souk.core.events import Event, Origin
from souk.core.unit_of_work import UnitOfWork
from souk.modules.orders.service import Orders
from souk.modules.webhooks.domain import messages, order_ids, written
from souk.modules.webhooks.repository import deliveries, endpoints


class Announcements:
    """Turns an event into a delivery for each endpoint that wants it."""

    def __init__(self, uow: UnitOfWork, orders: Orders) -> None:
        self._uow = uow
        self._orders = orders

    def announce(self, event: Event, origin: Origin) -> int:
        """Write the deliveries of one event; returns how many there were to write, none of them
        when it is announced again."""
        # Most events are nobody's wish, and all else takes longer than to know that.
        with self._uow.autocommit() as tx:
            if not endpoints.exists_subscriber(tx, event.name):
                return 0
        with self._uow.begin() as tx:
            orders = [self._orders.get(tx, order_id) for order_id in order_ids(event)]
            told = {each.account_id: each for each in messages(event, orders)}
            count = 0
            for wanting in endpoints.list_subscribers(tx, told, event.name):
                body = written(event.name, origin.at, told[wanting.account_id].data)
                count += deliveries.add(tx, wanting.endpoint_id, origin.id, event.name, body)
            if count:
                deliveries.wake(tx)
            tx.commit()
        return count
