"""Names by which the wallets are known that a payment goes to."""

from collections.abc import Sequence

from souk.core.unit_of_work import Transaction
from souk.modules.names.domain import Verification
from souk.modules.names.service import FRESH, LastLooks
from souk.modules.orders.domain import OrderRecord


def names_of(
    tx: Transaction, names: LastLooks, orders: Sequence[OrderRecord]
) -> Sequence[Verification]:
    """Those to look at before these orders are paid: names that stand for the very wallet that an
    order's money goes to. When an order was placed its store's name was looked at, or could not
    be, which is no different a moment later."""
    payees = {
        order.seller_id: order.payouts for order in orders if tx.age(order.created_at) >= FRESH
    }
    stale = names.list_stale(tx, payees)
    return [one for one in stale if payees[one.seller_id].named(one.wallet)]
