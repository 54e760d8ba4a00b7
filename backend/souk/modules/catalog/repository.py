"""Every read, lock and write of the catalogue's write side."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ARRAY, Text, TextClause, any_, bindparam, select, text

from souk.core.money import USD, Money
from souk.core.unit_of_work import Transaction
from souk.modules.catalog.domain import (
    STOCK_MOVES,
    ListingKind,
    ListingRecord,
    ListingStatus,
    ListingTerms,
    ReservationState,
    Wanted,
)
from souk.modules.catalog.errors import ListingNotFound
from souk.modules.catalog.models import ListingRow, StockRow


@dataclass(frozen=True, slots=True)
class HeldStock:
    """A reservation, locked together with its stock row."""

    id: str
    order_id: str
    listing_id: str
    quantity: int
    state: ReservationState
    available: int


def add_listing(
    tx: Transaction, *, seller_id: str, terms: ListingTerms, on_hand: int
) -> ListingRecord:
    """Insert a draft and its stock row."""
    row = ListingRow(
        id=tx.new_id("prd"),
        seller_id=seller_id,
        kind=terms.kind,
        status=ListingStatus.DRAFT,
        version=1,
        created_at=tx.now,
        updated_at=tx.now,
    )
    _write_terms(row, terms)
    tx.session.add(row)
    # The stock row refers to the listing by name only, so the order of inserts is ours to keep.
    tx.session.flush()
    stock = StockRow(listing_id=row.id, on_hand=on_hand, reserved=0, updated_at=tx.now)
    tx.session.add(stock)
    tx.session.flush()
    return _record(row, stock)


def get_listing(tx: Transaction, listing_id: str) -> ListingRecord:
    """A listing that is known to exist, with its stock."""
    return _with_stock(tx, tx.session.get_one(ListingRow, listing_id))


def lock_listing(tx: Transaction, listing_id: str) -> ListingRecord:
    """The listing, locked against other edits until the transaction ends. Raises
    `ListingNotFound`."""
    return _with_stock(tx, _lock_row(tx, listing_id))


_LISTINGS = (
    select(ListingRow, StockRow)
    .join(StockRow, StockRow.listing_id == ListingRow.id)
    .where(ListingRow.id == any_(bindparam("ids", type_=ARRAY(Text))))
    .execution_options(populate_existing=True)
)


def find_listings(tx: Transaction, listing_ids: Iterable[str]) -> dict[str, ListingRecord]:
    """Those of the listings that exist, by id."""
    rows = tx.session.execute(_LISTINGS, {"ids": list(listing_ids)})
    return {row.id: _record(row, stock) for row, stock in rows.tuples()}


def list_ids(tx: Transaction, seller_id: str) -> list[str]:
    """Every listing of a store."""
    return list(tx.session.scalars(select(ListingRow.id).where(ListingRow.seller_id == seller_id)))


def write_terms(tx: Transaction, listing_id: str, terms: ListingTerms) -> ListingRecord:
    """Store an edit as the next version."""
    row = _lock_row(tx, listing_id)
    _write_terms(row, terms)
    _touch(tx, row)
    return _with_stock(tx, row)


def move_listing(tx: Transaction, listing_id: str, to: ListingStatus) -> ListingRecord:
    """The one place that writes a listing's status; `published_at` keeps the first time."""
    row = _lock_row(tx, listing_id)
    row.status = to
    if to is ListingStatus.PUBLISHED and row.published_at is None:
        row.published_at = tx.now
    _touch(tx, row)
    return _with_stock(tx, row)


def _touch(tx: Transaction, row: ListingRow) -> None:
    row.version += 1
    row.updated_at = tx.now
    tx.session.flush()


def _lock_row(tx: Transaction, listing_id: str) -> ListingRow:
    row = tx.session.get(
        ListingRow, listing_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if row is None:
        raise ListingNotFound(listing_id)
    return row


def _with_stock(tx: Transaction, row: ListingRow) -> ListingRecord:
    return _record(row, tx.session.get_one(StockRow, row.id, populate_existing=True))


def _write_terms(row: ListingRow, terms: ListingTerms) -> None:
    row.title = terms.title
    row.description = terms.description
    row.category = terms.category
    row.price = terms.price.amount
    row.currency = terms.price.asset.code
    row.handling_days = terms.handling_days
    row.transit_days = terms.transit_days


def _record(row: ListingRow, stock: StockRow) -> ListingRecord:
    return ListingRecord(
        id=row.id,
        seller_id=row.seller_id,
        terms=ListingTerms(
            title=row.title,
            description=row.description,
            price=Money(row.price, USD),
            kind=ListingKind(row.kind),
            category=row.category,
            handling_days=row.handling_days,
            transit_days=row.transit_days,
        ),
        status=ListingStatus(row.status),
        version=row.version,
        on_hand=stock.on_hand,
        reserved=stock.reserved,
        created_at=row.created_at,
        updated_at=row.updated_at,
        published_at=row.published_at,
    )


# Availability is judged by the statement that takes it: a buyer who waited for the row's lock
# sees what the one before left, so the last piece is never promised twice.
_TAKE = text(
    """
    WITH new AS (
        INSERT INTO stock_reservation
            (id, order_id, listing_id, quantity, state, created_at, updated_at)
        VALUES (:id, :order_id, :listing_id, :quantity, 'reserved', :now, :now)
        ON CONFLICT (order_id, listing_id) DO NOTHING
        RETURNING listing_id, quantity),
    taken AS (
        UPDATE stock_item AS stock SET reserved = stock.reserved + new.quantity, updated_at = :now
        FROM new
        WHERE stock.listing_id = new.listing_id AND stock.on_hand - stock.reserved >= new.quantity
        RETURNING stock.listing_id)
    SELECT NOT EXISTS (SELECT FROM new) OR EXISTS (SELECT FROM taken)
    """
)
_SET_ON_HAND = text(
    """
    UPDATE stock_item SET on_hand = :on_hand, updated_at = :now
    WHERE listing_id = :listing_id AND reserved <= :on_hand
    RETURNING listing_id
    """
)
_LOCK_HELD = text(
    """
    SELECT held.id, held.order_id, held.listing_id, held.quantity, held.state,
           stock.on_hand - stock.reserved AS available
    FROM stock_reservation AS held JOIN stock_item AS stock USING (listing_id)
    WHERE held.order_id = ANY(:order_ids)
    ORDER BY held.listing_id, held.order_id
    FOR NO KEY UPDATE
    """
)
_SHIFT = text(
    """
    WITH moved AS (
        UPDATE stock_reservation SET state = :state, updated_at = :now WHERE id = ANY(:ids))
    UPDATE stock_item AS stock SET on_hand = stock.on_hand + shift.on_hand,
        reserved = stock.reserved + shift.reserved, updated_at = :now
    FROM (
        SELECT listing_id, sum(on_hand) AS on_hand, sum(reserved) AS reserved
        FROM unnest(CAST(:listings AS text[]), CAST(:on_hand AS int[]), CAST(:reserved AS int[]))
             AS each (listing_id, on_hand, reserved)
        GROUP BY listing_id) AS shift
    WHERE stock.listing_id = shift.listing_id
    """
)


def take_stock(tx: Transaction, order_id: str, wanted: Wanted) -> bool:
    """Reserve for an order; `False` when fewer are left. A repeat for the same order finds its
    reservation and takes nothing more."""
    listing_id, quantity = wanted
    new = {"id": tx.new_id("rsv"), "order_id": order_id, "now": tx.now}
    took = tx.session.execute(_TAKE, {**new, "listing_id": listing_id, "quantity": quantity})
    return bool(took.scalar_one())


def set_on_hand(tx: Transaction, listing_id: str, on_hand: int) -> bool:
    """`False` when more than that is reserved."""
    return _changed(tx, _SET_ON_HAND, {"listing_id": listing_id, "on_hand": on_hand, "now": tx.now})


def _changed(tx: Transaction, statement: TextClause, values: dict[str, object]) -> bool:
    return tx.session.execute(statement, values).first() is not None


def available(tx: Transaction, listing_id: str) -> int:
    """How many of a listing can be bought now."""
    stock = tx.session.get(StockRow, listing_id, populate_existing=True)
    return 0 if stock is None else stock.on_hand - stock.reserved


def lock_held(tx: Transaction, order_ids: Sequence[str]) -> list[HeldStock]:
    """The reservations of these orders, locked with their stock rows in order of listing id, as
    every other taker of several stock rows does; so no two of them wait for each other."""
    rows = tx.session.execute(_LOCK_HELD, {"order_ids": list(order_ids)})
    return [
        HeldStock(
            r.id, r.order_id, r.listing_id, r.quantity, ReservationState(r.state), r.available
        )
        for r in rows
    ]


def shift_held(tx: Transaction, held: Sequence[HeldStock], to: ReservationState) -> None:
    """Move locked reservations to another state, and their stock with them."""
    if not held:
        return
    moves = [STOCK_MOVES[item.state, to] for item in held]
    shifted = list(zip(held, moves, strict=True))
    tx.session.execute(
        _SHIFT,
        {
            "state": to,
            "now": tx.now,
            "ids": [item.id for item in held],
            "listings": [item.listing_id for item in held],
            "on_hand": [on_hand * item.quantity for item, (on_hand, _) in shifted],
            "reserved": [reserved * item.quantity for item, (_, reserved) in shifted],
        },
    )
