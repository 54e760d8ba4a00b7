"""Every read, lock and write of the write side of orders."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from souk.core.addresses import Address
from souk.core.money import USD, Money
from souk.core.unit_of_work import Transaction
from souk.modules.catalog.domain import ListingKind, ListingSnapshot, Wanted
from souk.modules.orders.domain import (
    Actor,
    HoldKind,
    OrderLine,
    OrderRecord,
    OrderStatus,
    SellerShare,
    Tracking,
)
from souk.modules.orders.errors import CartNotFound, CheckoutNotFound
from souk.modules.orders.models import (
    CartItemRow,
    CartRow,
    CheckoutRow,
    OrderHistoryRow,
    OrderHoldRow,
    OrderLineRow,
    OrderRow,
    OrderTrackingRow,
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


def lock_placements(tx: Transaction, buyer_id: str) -> None:
    """Waits for its turn: from here to the end of the transaction nothing else places a checkout
    of this buyer."""
    key = func.hashtextextended(f"checkouts of {buyer_id}", 0)
    tx.session.execute(select(func.pg_advisory_xact_lock(key)))


def count_unpaid_checkouts(tx: Transaction, buyer_id: str) -> int:
    """How many checkouts of a buyer have an order that waits for payment."""
    statement = select(func.count(OrderRow.checkout_id.distinct())).where(
        OrderRow.buyer_id == buyer_id, OrderRow.status == OrderStatus.PENDING_PAYMENT
    )
    return tx.session.execute(statement).scalar_one()


def add_checkout(tx: Transaction, *, buyer_id: str, request_key: str | None, total: Money) -> str:
    """The id of a new checkout. The caller holds the buyer's placements locked and knows that
    this request has placed none."""
    row = CheckoutRow(
        id=tx.new_id("chk"),
        buyer_id=buyer_id,
        request_key=request_key,
        total=total.amount,
        currency=total.asset.code,
        created_at=tx.now,
    )
    tx.session.add(row)
    tx.session.flush()
    return row.id


def find_checkout(tx: Transaction, *, buyer_id: str, request_key: str) -> CheckoutRow | None:
    """What this request has placed."""
    return tx.session.scalars(
        select(CheckoutRow).filter_by(buyer_id=buyer_id, request_key=request_key)
    ).one_or_none()


def get_checkout(tx: Transaction, checkout_id: str) -> CheckoutRow:
    """Raises `CheckoutNotFound`."""
    row = tx.session.get(CheckoutRow, checkout_id)
    if row is None:
        raise CheckoutNotFound(checkout_id)
    return row


def add_order(
    tx: Transaction, *, checkout_id: str, buyer_id: str, share: SellerShare, expires_at: datetime
) -> OrderRecord:
    """Insert an order with its lines. Its history is the caller's next call."""
    order_id = tx.new_id("ord")
    row = OrderRow(
        id=order_id,
        checkout_id=checkout_id,
        buyer_id=buyer_id,
        seller_id=share.first.seller_id,
        seller_account_id=share.first.seller_account_id,
        payout_wallet=share.first.payout_wallet,
        status=OrderStatus.PENDING_PAYMENT,
        total=share.total.amount,
        currency=share.total.asset.code,
        kind=share.kind,
        handling_days=share.handling_days,
        transit_days=share.transit_days,
        created_at=tx.now,
        updated_at=tx.now,
        expires_at=expires_at,
    )
    tx.session.add(row)
    tx.session.flush()
    lines = [_line_row(tx, order_id, place, line) for place, line in enumerate(share.lines, 1)]
    tx.session.add_all(lines)
    tx.session.flush()
    return _record(row, lines)


def _line_row(tx: Transaction, order_id: str, position: int, line: ListingSnapshot) -> OrderLineRow:
    return OrderLineRow(
        id=tx.new_id("oln"),
        order_id=order_id,
        position=position,
        listing_id=line.listing_id,
        title=line.title,
        unit_price=line.unit_price.amount,
        currency=line.unit_price.asset.code,
        quantity=line.quantity,
        kind=line.kind,
        handling_days=line.handling_days,
        transit_days=line.transit_days,
    )


def list_orders(tx: Transaction, order_ids: Iterable[str]) -> list[OrderRecord]:
    """Those of the orders that exist, in order of id, as they are now."""
    rows = tx.session.scalars(
        select(OrderRow)
        .where(OrderRow.id.in_(list(order_ids)))
        .order_by(OrderRow.id)
        .execution_options(populate_existing=True)
    ).all()
    return _records(tx, rows)


def lock_orders(tx: Transaction, order_ids: Iterable[str]) -> list[OrderRecord]:
    """The same, locked one after the other in order of id until the transaction ends."""
    rows = tx.session.scalars(
        select(OrderRow)
        .where(OrderRow.id.in_(list(order_ids)))
        .order_by(OrderRow.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    return _records(tx, rows)


def order_ids_of(tx: Transaction, checkout_id: str) -> list[str]:
    """The orders of a checkout, in order of id; none ever joins or leaves it."""
    return list(
        tx.session.scalars(
            select(OrderRow.id).filter_by(checkout_id=checkout_id).order_by(OrderRow.id)
        )
    )


def _records(tx: Transaction, rows: Sequence[OrderRow]) -> list[OrderRecord]:
    lines = tx.session.scalars(
        select(OrderLineRow)
        .where(OrderLineRow.order_id.in_([row.id for row in rows]))
        .order_by(OrderLineRow.order_id, OrderLineRow.position)
    ).all()
    return [_record(row, [line for line in lines if line.order_id == row.id]) for row in rows]


def _record(row: OrderRow, lines: Iterable[OrderLineRow]) -> OrderRecord:
    return OrderRecord(
        id=row.id,
        checkout_id=row.checkout_id,
        buyer_id=row.buyer_id,
        seller_id=row.seller_id,
        seller_account_id=row.seller_account_id,
        payout_wallet=Address(row.payout_wallet),
        status=OrderStatus(row.status),
        total=Money(row.total, USD),
        kind=ListingKind(row.kind),
        handling_days=row.handling_days,
        transit_days=row.transit_days,
        created_at=row.created_at,
        expires_at=row.expires_at,
        lines=tuple(_line(line) for line in lines),
    )


def _line(row: OrderLineRow) -> OrderLine:
    return OrderLine(
        id=row.id,
        position=row.position,
        listing_id=row.listing_id,
        title=row.title,
        unit_price=Money(row.unit_price, USD),
        quantity=row.quantity,
        kind=ListingKind(row.kind),
        handling_days=row.handling_days,
        transit_days=row.transit_days,
    )


def write_step(tx: Transaction, order_id: str, entry: HistoryEntry) -> None:
    """The one place that writes an order's status, with the history row that explains it. The
    order's row must be locked or new."""
    order = tx.session.get_one(OrderRow, order_id)
    if entry.source is not entry.to:
        order.status = entry.to
        order.updated_at = tx.now
    last = select(func.max(OrderHistoryRow.sequence)).filter_by(order_id=order_id)
    tx.session.add(
        OrderHistoryRow(
            id=tx.new_id("osh"),
            order_id=order_id,
            sequence=(tx.session.scalar(last) or 0) + 1,
            from_status=entry.source,
            to_status=entry.to,
            actor=entry.actor,
            actor_id=entry.actor_id,
            reason=entry.reason,
            evidence=dict(entry.evidence),
            occurred_at=entry.occurred_at,
            observed_at=tx.now,
        )
    )
    tx.session.flush()


def extend(tx: Transaction, order_ids: Sequence[str], until: datetime) -> None:
    """Move `expires_at` of these orders; never to an earlier time."""
    tx.session.execute(
        update(OrderRow)
        .where(OrderRow.id.in_(order_ids), OrderRow.expires_at < until)
        .values(expires_at=until)
        .execution_options(synchronize_session=False)
    )


def add_hold(tx: Transaction, order_id: str, kind: HoldKind, reference: str) -> bool:
    """`False` when this hold is open already."""
    statement = (
        insert(OrderHoldRow)
        .values(
            id=tx.new_id("hld"),
            order_id=order_id,
            kind=kind,
            reference=reference,
            opened_at=tx.now,
        )
        .on_conflict_do_nothing()
        .returning(OrderHoldRow.id)
    )
    return tx.session.execute(statement).first() is not None


def end_hold(tx: Transaction, order_id: str, kind: HoldKind, reference: str) -> bool:
    """`False` when there is no such open hold."""
    statement = (
        update(OrderHoldRow)
        .where(
            OrderHoldRow.order_id == order_id,
            OrderHoldRow.kind == kind,
            OrderHoldRow.reference == reference,
            OrderHoldRow.closed_at.is_(None),
        )
        .values(closed_at=tx.now)
        .returning(OrderHoldRow.id)
        .execution_options(synchronize_session=False)
    )
    return tx.session.execute(statement).first() is not None


def open_holds(tx: Transaction, order_id: str) -> list[HoldKind]:
    """The kinds of the holds that are open, each once."""
    kinds = tx.session.scalars(
        select(OrderHoldRow.kind)
        .where(OrderHoldRow.order_id == order_id, OrderHoldRow.closed_at.is_(None))
        .distinct()
        .order_by(OrderHoldRow.kind)
    )
    return [HoldKind(kind) for kind in kinds]


def add_tracking(tx: Transaction, order_id: str, tracking: Tracking) -> bool:
    """`False` when the carrier has said exactly this before."""
    statement = (
        insert(OrderTrackingRow)
        .values(
            id=tx.new_id("trk"),
            order_id=order_id,
            carrier=tracking.carrier,
            code=tracking.code,
            url=tracking.url,
            status=tracking.status,
            occurred_at=tracking.occurred_at,
            observed_at=tx.now,
        )
        .on_conflict_do_nothing()
        .returning(OrderTrackingRow.id)
    )
    return tx.session.execute(statement).first() is not None


def add_cart(tx: Transaction, account_id: str) -> str:
    """The id of a new, empty cart."""
    row = CartRow(id=tx.new_id("crt"), account_id=account_id, created_at=tx.now, updated_at=tx.now)
    tx.session.add(row)
    tx.session.flush()
    return row.id


def lock_cart(tx: Transaction, cart_id: str, account_id: str) -> CartRow:
    """Raises `CartNotFound`, also when it is somebody else's."""
    row = tx.session.get(
        CartRow, cart_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if row is None or row.account_id != account_id:
        raise CartNotFound(cart_id)
    return row


def cart_items(tx: Transaction, cart_id: str) -> list[Wanted]:
    """The pairs (listing id, quantity), as they were put in."""
    rows = tx.session.scalars(
        select(CartItemRow)
        .filter_by(cart_id=cart_id)
        .order_by(CartItemRow.added_at, CartItemRow.listing_id)
        .execution_options(populate_existing=True)
    )
    return [(row.listing_id, row.quantity) for row in rows]


def put_cart_item(tx: Transaction, cart: CartRow, listing_id: str, quantity: int) -> None:
    """Set how many of a listing are in a locked cart."""
    statement = insert(CartItemRow).values(
        cart_id=cart.id, listing_id=listing_id, quantity=quantity, added_at=tx.now
    )
    tx.session.execute(
        statement.on_conflict_do_update(
            index_elements=["cart_id", "listing_id"], set_={"quantity": statement.excluded.quantity}
        )
    )
    cart.updated_at = tx.now
    tx.session.flush()


def remove_cart_items(tx: Transaction, cart: CartRow, listing_id: str | None = None) -> None:
    """Take one listing out of a locked cart, or all of them; harmless when it is not there."""
    statement = delete(CartItemRow).where(CartItemRow.cart_id == cart.id)
    if listing_id is not None:
        statement = statement.where(CartItemRow.listing_id == listing_id)
    tx.session.execute(statement.execution_options(synchronize_session=False))
    cart.updated_at = tx.now
    tx.session.flush()
