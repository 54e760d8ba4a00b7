"""Checkouts, of which a buyer places one after the other."""

from typing import Any

from sqlalchemy import Select, bindparam, insert, select, text

from souk.core.db import table_of
from souk.core.money import USD, Money
from souk.core.unit_of_work import Transaction
from souk.modules.orders.domain import PlacedCheckout
from souk.modules.orders.errors import CheckoutNotFound
from souk.modules.orders.models import CheckoutRow
from souk.modules.orders.repository import orders as order_rows

_CHECKOUT = table_of(CheckoutRow)
_ADD = insert(_CHECKOUT)
_BY_ID = select(_CHECKOUT).where(_CHECKOUT.c.id == bindparam("checkout_id"))
_BY_REQUEST = select(_CHECKOUT).where(
    _CHECKOUT.c.buyer_id == bindparam("buyer_id"),
    _CHECKOUT.c.request_key == bindparam("request_key"),
)
_LOOK = text(
    """
    SELECT (SELECT id FROM checkout WHERE buyer_id = :buyer_id AND request_key = :request_key)
               AS placed,
           (SELECT count(DISTINCT checkout_id) FROM orders
            WHERE buyer_id = :buyer_id AND status = 'pending_payment') AS unpaid
    """
)
_LOCK_PLACEMENTS = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")


def lock_placements(tx: Transaction, buyer_id: str) -> None:
    """Waits for its turn: from here to the end of the transaction nothing else places a checkout
    of this buyer."""
    tx.session.execute(_LOCK_PLACEMENTS, {"key": f"checkouts of {buyer_id}"})


def look_at_buyer(
    tx: Transaction, buyer_id: str, request_key: str | None
) -> tuple[PlacedCheckout | None, int]:
    """What this request has placed, and how many checkouts of the buyer have an order that waits
    for payment."""
    found = tx.session.execute(_LOOK, {"buyer_id": buyer_id, "request_key": request_key}).one()
    return None if found.placed is None else get(tx, found.placed), found.unpaid


def add(tx: Transaction, *, buyer_id: str, request_key: str | None, total: Money) -> str:
    """The id of a new checkout. The caller holds the buyer's placements locked and knows that
    this request has placed none."""
    checkout_id = tx.new_id("chk")
    tx.session.execute(
        _ADD,
        {
            "id": checkout_id,
            "buyer_id": buyer_id,
            "request_key": request_key,
            "total": total.amount,
            "currency": total.asset.code,
            "created_at": tx.now,
        },
    )
    return checkout_id


def find_of_request(tx: Transaction, *, buyer_id: str, request_key: str) -> PlacedCheckout | None:
    """What this request has placed."""
    return _find(tx, _BY_REQUEST, buyer_id=buyer_id, request_key=request_key)


def get(tx: Transaction, checkout_id: str) -> PlacedCheckout:
    """A checkout with its orders as they are now. Raises `CheckoutNotFound`."""
    found = _find(tx, _BY_ID, checkout_id=checkout_id)
    if found is None:
        raise CheckoutNotFound(checkout_id)
    return found


def _find(
    tx: Transaction, checkout: Select[tuple[Any, ...]], **keys: object
) -> PlacedCheckout | None:
    row = tx.session.execute(checkout, keys).one_or_none()
    if row is None:
        return None
    orders = order_rows.list_of_checkout(tx, row.id)
    return PlacedCheckout(
        checkout_id=row.id,
        buyer_id=row.buyer_id,
        total=Money(row.total, USD),
        created_at=row.created_at,
        # It expires when the last of its orders does.
        expires_at=max(order.expires_at for order in orders),
        orders=tuple(orders),
    )
