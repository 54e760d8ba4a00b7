"""Who a caller is to an order."""

from souk.core.principal import Principal
from souk.core.unit_of_work import Transaction
from souk.modules.orders.domain import Actor, OrderRecord
from souk.modules.orders.service import Orders
from souk.modules.trade.errors import OrderHidden


def party_of(
    orders: Orders, tx: Transaction, caller: Principal, order_id: str
) -> tuple[OrderRecord, Actor]:
    """The order, locked, and the caller's part in it. To anybody but its two parties the order
    does not exist: raises `OrderHidden`."""
    found = orders.get(tx, order_id)
    actors = {found.buyer_id: Actor.BUYER, found.seller_account_id: Actor.SELLER}
    actor = actors.get(caller.account_id)
    if actor is None:
        raise OrderHidden("there is no such order among yours")
    return orders.lock(tx, [order_id])[0], actor
