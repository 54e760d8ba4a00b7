"""What holds orders up, and what carriers say of them."""

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from souk.core.unit_of_work import Transaction
from souk.modules.orders.domain import HoldKind, Tracking
from souk.modules.orders.models import OrderHoldRow, OrderTrackingRow


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
