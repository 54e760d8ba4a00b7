"""Use cases of orders, split by verb: place, move, hold; and carts, which come before them.

Everything of `Orders` runs inside the transaction of the caller, who moves money with it.
"""

from souk.modules.catalog.service import Catalog
from souk.modules.orders.domain import OrdersConfig
from souk.modules.orders.service.carts import Carts
from souk.modules.orders.service.hold import Holding
from souk.modules.orders.service.move import Cause, Moving
from souk.modules.orders.service.place import Placing
from souk.modules.orders.service.read import Reading


class Orders(Placing, Moving, Holding, Reading):
    """Orders of the marketplace: placed, moved through the table of transitions, held, read."""

    def __init__(self, catalog: Catalog, config: OrdersConfig) -> None:
        self._catalog = catalog
        self._config = config


__all__ = ["Carts", "Cause", "Orders"]
