"""Reading and locking orders inside a transaction."""

from collections.abc import Iterable

from souk.core.unit_of_work import Transaction
from souk.modules.catalog.service import Catalog
from souk.modules.orders.domain import OrderRecord, PlacedCheckout
from souk.modules.orders.errors import CheckoutNotFound, OrderNotFound
from souk.modules.orders.repository import checkouts as checkout_rows
from souk.modules.orders.repository import orders as order_rows


class Reading:
    """Fetches; whoever moves several orders locks them here first."""

    _catalog: Catalog

    def get(self, tx: Transaction, order_id: str) -> OrderRecord:
        """The order as it is now. Raises `OrderNotFound`."""
        found = order_rows.list_orders(tx, [order_id])
        if not found:
            raise OrderNotFound(order_id)
        return found[0]

    def was_paid(self, tx: Transaction, order_id: str) -> bool:
        """Whether it has ever been paid, whatever has become of it."""
        return order_rows.was_paid(tx, order_id)

    def lock(self, tx: Transaction, order_ids: Iterable[str]) -> list[OrderRecord]:
        """The orders in order of id, locked with the stock that they hold, so that no two
        transactions that move several orders wait for each other. Raises `OrderNotFound`."""
        wanted = sorted(set(order_ids))
        locked = order_rows.lock_orders(tx, wanted)
        missing = set(wanted) - {order.id for order in locked}
        if missing:
            raise OrderNotFound(min(missing))
        return self._with_stock(tx, locked)

    def get_checkout(self, tx: Transaction, checkout_id: str) -> PlacedCheckout:
        """A checkout with its orders as they are now. Raises `CheckoutNotFound`."""
        return checkout_rows.get(tx, checkout_id)

    def list_of_checkout(self, tx: Transaction, checkout_id: str) -> list[OrderRecord]:
        """The orders of a checkout that exists, as they are now."""
        return order_rows.list_of_checkout(tx, checkout_id)

    def lock_checkout(self, tx: Transaction, checkout_id: str) -> list[OrderRecord]:
        """All orders of a checkout, locked as `lock` does. Raises `CheckoutNotFound`."""
        locked = order_rows.lock_of_checkout(tx, checkout_id)
        if not locked:
            raise CheckoutNotFound(checkout_id)
        return self._with_stock(tx, locked)

    def _with_stock(self, tx: Transaction, locked: list[OrderRecord]) -> list[OrderRecord]:
        """One order alone locks its stock when it moves it."""
        if len(locked) > 1:
            self._catalog.lock_stock(tx, [order.id for order in locked])
        return locked
