"""Who a caller is to an order."""

from dataclasses import dataclass

from souk.core.principal import Principal
from souk.core.unit_of_work import Transaction
from souk.modules.orders.domain import Actor, OrderRecord
from souk.modules.orders.service import Orders
from souk.modules.sellers.domain.team import Permission
from souk.modules.sellers.service import Sellers
from souk.modules.trade.errors import OrderHidden


@dataclass(frozen=True, slots=True)
class Parties:
    """An order's parties are its buyer and the people of its store. To anybody else the order does
    not exist: finding it raises `OrderHidden`. Whoever acts for the store does so as far as the
    role goes, or meets `RoleTooSmall`."""

    orders: Orders
    sellers: Sellers

    def of(
        self, tx: Transaction, caller: Principal, order_id: str, needs: Permission
    ) -> tuple[OrderRecord, Actor]:
        """The order, locked, and the caller's part in it."""
        _, actor = self.find(tx, caller, order_id, needs)
        return self.orders.lock(tx, [order_id])[0], actor

    def of_checkout(
        self, tx: Transaction, caller: Principal, order_id: str, needs: Permission
    ) -> tuple[list[OrderRecord], OrderRecord, Actor]:
        """All orders of the order's checkout, locked, the order itself, and the caller's part in
        it. For whoever may go on to move all of them: with one of them locked before the others,
        two callers who named different ones would wait for each other."""
        found, actor = self.find(tx, caller, order_id, needs)
        locked = self.orders.lock_checkout(tx, found.checkout_id)
        return locked, next(order for order in locked if order.id == order_id), actor

    def find(
        self, tx: Transaction, caller: Principal, order_id: str, needs: Permission
    ) -> tuple[OrderRecord, Actor]:
        """The same, unlocked: whose an order is never changes."""
        found = self.orders.get(tx, order_id)
        if found.buyer_id == caller.account_id:
            return found, Actor.BUYER
        if self.sellers.find_role(tx, found.seller_id, caller.account_id) is None:
            raise OrderHidden("there is no such order among yours")
        self.sellers.require(tx, found.seller_id, caller, needs)
        return found, Actor.SELLER
