"""Orders: `/api/orders`."""

from fastapi import APIRouter

from souk.modules.trade.api import orders, receipts
from souk.modules.trade.api.orders import OrderWatch

__all__ = ["OrderWatch", "router"]

router = APIRouter()
router.include_router(orders.router)
router.include_router(receipts.router)
