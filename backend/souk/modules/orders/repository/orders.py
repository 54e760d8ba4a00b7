"""Orders with their lines, and their history."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ARRAY, Row, Select, Text, any_, bindparam, exists, insert, select, text

from souk.core.addresses import Address
from souk.core.db import table_of
from souk.core.money import USD, Money
from souk.core.unit_of_work import Transaction
from souk.modules.catalog.domain import ListingKind
from souk.modules.orders.domain import Actor, OrderLine, OrderRecord, OrderStatus
from souk.modules.orders.models import OrderHistoryRow, OrderLineRow, OrderRow
from souk.modules.sellers.domain import PayoutWallets

_Joined = Row[tuple[Any, ...]]
_Orders = Select[tuple[Any, ...]]

_ORDER, _LINE = table_of(OrderRow), table_of(OrderLineRow)
_ADD_ORDERS, _ADD_LINES = insert(_ORDER), insert(_LINE)
# An order comes with each of its lines, of which it has one at least; both never change hands.
_ORDERS = (
    select(_ORDER, *(column.label(f"line_{column.name}") for column in _LINE.columns))
    .join(_LINE, _LINE.c.order_id == _ORDER.c.id)
    .order_by(_ORDER.c.id, _LINE.c.position)
)
_BY_ID = _ORDERS.where(_ORDER.c.id == any_(bindparam("ids", type_=ARRAY(Text))))
_BY_CHECKOUT = _ORDERS.where(_ORDER.c.checkout_id == bindparam("checkout_id"))


def _locked(orders: _Orders) -> _Orders:
    return orders.with_for_update(key_share=True, of=_ORDER)


_LOCK_BY_ID, _LOCK_BY_CHECKOUT = _locked(_BY_ID), _locked(_BY_CHECKOUT)
_STEP = text(
    """
    WITH moved AS (
        UPDATE orders SET status = :to, updated_at = :now WHERE id = :order_id AND status <> :to)
    INSERT INTO order_status_history
        (id, order_id, sequence, from_status, to_status, actor, actor_id, reason, evidence,
         occurred_at, observed_at)
    SELECT :id, :order_id, coalesce(max(sequence), 0) + 1, :source, :to, :actor, :actor_id,
           :reason, CAST(:evidence AS jsonb), :occurred_at, :now
    FROM order_status_history WHERE order_id = :order_id
    """
)
_EXTEND = text(
    "UPDATE orders SET expires_at = greatest(expires_at, :until) WHERE checkout_id = :checkout_id"
    " RETURNING id"
)


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """Who did what to an order, why, and what shows it."""

    source: OrderStatus | None
    to: OrderStatus
    actor: Actor
    actor_id: str | None
    reason: str
    evidence: Mapping[str, object]
    occurred_at: datetime


def add_orders(tx: Transaction, orders: Sequence[OrderRecord]) -> None:
    """Insert orders with their lines. Their history is the caller's next call."""
    tx.session.execute(_ADD_ORDERS, [_order_columns(tx, order) for order in orders])
    lines = [_line_columns(order, line) for order in orders for line in order.lines]
    tx.session.execute(_ADD_LINES, lines)


def _order_columns(tx: Transaction, order: OrderRecord) -> dict[str, object]:
    return {
        "id": order.id,
        "checkout_id": order.checkout_id,
        "buyer_id": order.buyer_id,
        "seller_id": order.seller_id,
        "seller_account_id": order.seller_account_id,
        "payout_wallet": order.payouts.default,
        "payout_wallets": {str(at): own for at, own in order.payouts.by_chain.items()} or None,
        "status": order.status,
        "total": order.total.amount,
        "currency": order.total.asset.code,
        "kind": order.kind,
        "handling_days": order.handling_days,
        "transit_days": order.transit_days,
        "created_at": order.created_at,
        "updated_at": tx.now,
        "expires_at": order.expires_at,
    }


def _line_columns(order: OrderRecord, line: OrderLine) -> dict[str, object]:
    return {
        "id": line.id,
        "order_id": order.id,
        "position": line.position,
        "listing_id": line.listing_id,
        "title": line.title,
        "unit_price": line.unit_price.amount,
        "currency": line.unit_price.asset.code,
        "quantity": line.quantity,
        "kind": line.kind,
        "handling_days": line.handling_days,
        "transit_days": line.transit_days,
    }


def list_orders(tx: Transaction, order_ids: Iterable[str]) -> list[OrderRecord]:
    """Those of the orders that exist, in order of id, as they are now."""
    return _records(tx, _BY_ID, ids=list(order_ids))


def lock_orders(tx: Transaction, order_ids: Iterable[str]) -> list[OrderRecord]:
    """The same, locked one after the other in order of id until the transaction ends."""
    return _records(tx, _LOCK_BY_ID, ids=list(order_ids))


def list_of_checkout(tx: Transaction, checkout_id: str) -> list[OrderRecord]:
    """The orders of a checkout, in order of id; none ever joins or leaves it."""
    return _records(tx, _BY_CHECKOUT, checkout_id=checkout_id)


def lock_of_checkout(tx: Transaction, checkout_id: str) -> list[OrderRecord]:
    """The same, locked like `lock_orders`."""
    return _records(tx, _LOCK_BY_CHECKOUT, checkout_id=checkout_id)


def _records(tx: Transaction, orders: _Orders, **keys: object) -> list[OrderRecord]:
    rows = tx.session.execute(orders, keys)
    return [_record(list(lines)) for _id, lines in groupby(rows, lambda row: row.id)]


def _record(lines: Sequence[_Joined]) -> OrderRecord:
    row = lines[0]
    return OrderRecord(
        id=row.id,
        checkout_id=row.checkout_id,
        buyer_id=row.buyer_id,
        seller_id=row.seller_id,
        seller_account_id=row.seller_account_id,
        payouts=_payouts(row),
        status=OrderStatus(row.status),
        total=Money(row.total, USD),
        kind=ListingKind(row.kind),
        handling_days=row.handling_days,
        transit_days=row.transit_days,
        created_at=row.created_at,
        expires_at=row.expires_at,
        lines=tuple(_line(line) for line in lines),
    )


def _payouts(row: _Joined) -> PayoutWallets:
    own = {int(at): Address(wallet) for at, wallet in (row.payout_wallets or {}).items()}
    return PayoutWallets(Address(row.payout_wallet), own)


def _line(row: _Joined) -> OrderLine:
    return OrderLine(
        id=row.line_id,
        position=row.line_position,
        listing_id=row.line_listing_id,
        title=row.line_title,
        unit_price=Money(row.line_unit_price, USD),
        quantity=row.line_quantity,
        kind=ListingKind(row.line_kind),
        handling_days=row.line_handling_days,
        transit_days=row.line_transit_days,
    )


def write_step(tx: Transaction, order_id: str, entry: HistoryEntry) -> None:
    """The one place that writes an order's status, with the history row that explains it. The
    order's row must be locked or new."""
    tx.session.execute(
        _STEP,
        {
            "id": tx.new_id("osh"),
            "order_id": order_id,
            "source": entry.source,
            "to": entry.to,
            "actor": entry.actor,
            "actor_id": entry.actor_id,
            "reason": entry.reason,
            "evidence": json.dumps(dict(entry.evidence)),
            "occurred_at": entry.occurred_at,
            "now": tx.now,
        },
    )


def was_paid(tx: Transaction, order_id: str) -> bool:
    """Whether its history says so."""
    paid = exists().where(
        OrderHistoryRow.order_id == order_id, OrderHistoryRow.to_status == OrderStatus.PAID
    )
    return bool(tx.session.execute(select(paid)).scalar())


def extend(tx: Transaction, checkout_id: str, until: datetime) -> bool:
    """Move `expires_at` of a checkout's orders; never to an earlier time. `False` when there is no
    such checkout."""
    extended = tx.session.execute(_EXTEND, {"checkout_id": checkout_id, "until": until})
    return extended.first() is not None
