"""What the ledger and the other tables say, beyond one order's rows."""

from dataclasses import dataclass
from decimal import Decimal
from typing import LiteralString

from psycopg.rows import class_row, scalar_row

from souk.entrypoints.demo.rows import Connection


@dataclass(frozen=True, slots=True)
class Balance:
    """What an order's entries changed in the accounts of one kind."""

    kind: str
    asset: str
    stage: str
    amount: Decimal


_BALANCES: LiteralString = """
    SELECT a.kind, a.asset, p.stage, sum(p.amount) AS amount
    FROM ledger_entry e JOIN ledger_posting p ON p.entry_id = e.id
    JOIN ledger_account a ON a.id = p.account_id
    WHERE e.order_id = %s GROUP BY a.kind, a.asset, p.stage
    ORDER BY array_position(
        ARRAY['buyer', 'escrow', 'seller', 'fees', 'receivable'], a.kind), p.stage
"""


def read_balances(connection: Connection, order_id: str) -> list[Balance]:
    """The order's ledger balances."""
    with connection.cursor(row_factory=class_row(Balance)) as cursor:
        return cursor.execute(_BALANCES, (order_id,)).fetchall()


@dataclass(frozen=True, slots=True)
class Books:
    """Rules that hold over everybody's rows, as counts of what breaks them."""

    unbalanced_assets: int
    unbalanced_entries: int
    miscounted_entries: int
    overdrawn_escrows: int
    twice_booked_effects: int
    twice_completed_orders: int
    broken_histories: int
    miscounted_stock: int
    open_incidents: int
    doubled_blocks: int


_BOOKS: LiteralString = """
    SELECT
    (SELECT count(*) FROM (
        SELECT FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
        GROUP BY a.asset, p.stage HAVING sum(p.amount) <> 0) AS x) AS unbalanced_assets,
    (SELECT count(*) FROM (
        SELECT FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
        GROUP BY p.entry_id, a.asset, p.stage HAVING sum(p.amount) <> 0) AS x
    ) AS unbalanced_entries,
    (SELECT count(*) FROM ledger_entry e WHERE e.posting_count <>
        (SELECT count(*) FROM ledger_posting p WHERE p.entry_id = e.id)) AS miscounted_entries,
    (SELECT count(*) FROM (
        SELECT FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
        WHERE a.kind = 'escrow' GROUP BY a.id, p.stage HAVING sum(p.amount) < 0) AS x
    ) AS overdrawn_escrows,
    (SELECT count(*) FROM (
        SELECT FROM ledger_entry e
        WHERE e.reverses_id IS NULL
          AND NOT EXISTS (SELECT FROM ledger_entry m WHERE m.reverses_id = e.id)
        GROUP BY e.effect_reference, e.flow HAVING count(*) > 1) AS x) AS twice_booked_effects,
    (SELECT count(*) FROM (
        SELECT FROM order_status_history
        WHERE to_status = 'completed' AND from_status <> 'completed'
        GROUP BY order_id HAVING count(*) > 1) AS x) AS twice_completed_orders,
    (SELECT count(*) FROM orders o WHERE o.status IS DISTINCT FROM (
        SELECT h.to_status FROM order_status_history h
        WHERE h.order_id = o.id ORDER BY h.sequence DESC LIMIT 1)) AS broken_histories,
    (SELECT count(*) FROM stock_item s WHERE s.reserved <> (
        SELECT coalesce(sum(r.quantity), 0) FROM stock_reservation r
        WHERE r.listing_id = s.listing_id AND r.state = 'reserved')
        OR s.on_hand < 0) AS miscounted_stock,
    (SELECT count(*) FROM chain_incident WHERE closed_at IS NULL) AS open_incidents,
    (SELECT count(*) FROM (
        SELECT FROM chain_block WHERE canonical
        GROUP BY chain_id, number HAVING count(*) > 1) AS x) AS doubled_blocks
"""
_ESCROWED: LiteralString = """
    SELECT coalesce(sum(p.amount), 0) FROM ledger_posting p
    JOIN ledger_account a ON a.id = p.account_id
    WHERE a.kind = 'escrow' AND p.stage = 'posted' AND a.asset = %s
"""
_COUNT_ORDERS: LiteralString = "SELECT count(*) FROM orders WHERE buyer_id = %s"


def read_books(connection: Connection) -> Books:
    """How many rows break the rules that hold over everybody's."""
    with connection.cursor(row_factory=class_row(Books)) as cursor:
        return cursor.execute(_BOOKS).fetchall()[0]


def read_escrowed(connection: Connection, asset: str) -> int:
    """What all escrow accounts of the ledger hold of an asset."""
    with connection.cursor(row_factory=scalar_row) as cursor:
        return int(cursor.execute(_ESCROWED, (asset,)).fetchall()[0])


def count_orders(connection: Connection, buyer_id: str) -> int:
    """How many orders an account has placed."""
    with connection.cursor(row_factory=scalar_row) as cursor:
        return int(cursor.execute(_COUNT_ORDERS, (buyer_id,)).fetchall()[0])
