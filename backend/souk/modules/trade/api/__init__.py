"""Orders: `/api/orders`."""

from souk.core.web import Section
from souk.modules.trade.api import orders, receipts
from souk.modules.trade.api.orders import OrderWatch

__all__ = ["OrderWatch", "router"]

router = Section.of(orders.router, receipts.router)
