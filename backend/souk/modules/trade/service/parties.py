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
    _, actor = _find(orders, tx, caller, order_id)
    return orders.lock(tx, [order_id])[0], actor


def party_of_checkout(
    orders: Orders, tx: Transaction, caller: Principal, order_id: str
) -> tuple[list[OrderRecord], OrderRecord, Actor]:
    """All orders of the order's checkout, locked, the order itself, and the caller's part in it;
    raises `OrderHidden`. For whoever may go on to move all of them: with one of them locked before
    the others, two callers who named different ones would wait for each other."""
    found, actor = _find(orders, tx, caller, order_id)
    locked = orders.lock_checkout(tx, found.checkout_id)
    return locked, next(order for order in locked if order.id == order_id), actor


def _find(
    orders: Orders, tx: Transaction, caller: Principal, order_id: str
) -> tuple[OrderRecord, Actor]:
    """Unlocked: who the parties of an order are never changes."""
    found = orders.get(tx, order_id)
    actors = {found.buyer_id: Actor.BUYER, found.seller_account_id: Actor.SELLER}
    actor = actors.get(caller.account_id)
    if actor is None:
        raise OrderHidden("there is no such order among yours")
    return found, actor
