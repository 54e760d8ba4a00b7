"""Reading and locking orders inside a transaction."""

from collections.abc import Iterable

from souk.core.money import USD, Money
from souk.core.unit_of_work import Transaction
from souk.modules.catalog.service import Catalog
from souk.modules.orders import repository
from souk.modules.orders.domain import OrderRecord, PlacedCheckout
from souk.modules.orders.errors import CheckoutNotFound, OrderNotFound
from souk.modules.orders.models import CheckoutRow


class Reading:
    """Fetches; whoever moves several orders locks them here first."""

    _catalog: Catalog

    def get(self, tx: Transaction, order_id: str) -> OrderRecord:
        """The order as it is now. Raises `OrderNotFound`."""
        found = repository.list_orders(tx, [order_id])
        if not found:
            raise OrderNotFound(order_id)
        return found[0]

    def lock(self, tx: Transaction, order_ids: Iterable[str]) -> list[OrderRecord]:
        """The orders in order of id, locked with the stock that they hold, so that no two
        transactions that move several orders wait for each other. Raises `OrderNotFound`."""
        wanted = sorted(set(order_ids))
        locked = repository.lock_orders(tx, wanted)
        missing = set(wanted) - {order.id for order in locked}
        if missing:
            raise OrderNotFound(min(missing))
        if len(wanted) > 1:
            self._catalog.lock_stock(tx, wanted)
        return locked

    def get_checkout(self, tx: Transaction, checkout_id: str) -> PlacedCheckout:
        """A checkout with its orders as they are now. Raises `CheckoutNotFound`."""
        return checkout_record(tx, repository.get_checkout(tx, checkout_id))

    def lock_checkout(self, tx: Transaction, checkout_id: str) -> list[OrderRecord]:
        """All orders of a checkout, locked as `lock` does. Raises `CheckoutNotFound`."""
        order_ids = repository.order_ids_of(tx, checkout_id)
        if not order_ids:
            raise CheckoutNotFound(checkout_id)
        return self.lock(tx, order_ids)


def checkout_record(tx: Transaction, row: CheckoutRow) -> PlacedCheckout:
    """A checkout with its orders; it expires when the last of them does."""
    orders = repository.list_orders(tx, repository.order_ids_of(tx, row.id))
    return PlacedCheckout(
        checkout_id=row.id,
        buyer_id=row.buyer_id,
        total=Money(row.total, USD),
        created_at=row.created_at,
        expires_at=max(order.expires_at for order in orders),
        orders=tuple(orders),
    )
