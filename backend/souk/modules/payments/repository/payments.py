"""Payments: one a checkout."""

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from souk.core.unit_of_work import Transaction
from souk.modules.payments.domain import Payment, PaymentState
from souk.modules.payments.models import PaymentRow


def add(
    tx: Transaction, *, checkout_id: str, buyer_id: str, usd_amount: int, currency: str
) -> Payment | None:
    """Open a payment; `None` when this checkout has one already."""
    row = tx.session.execute(
        insert(PaymentRow)
        .values(
            id=tx.new_id("pay"),
            checkout_id=checkout_id,
            buyer_id=buyer_id,
            amount=usd_amount,
            currency=currency,
            status=PaymentState.PENDING,
            created_at=tx.now,
            updated_at=tx.now,
        )
        .on_conflict_do_nothing(index_elements=["checkout_id"])
        .returning(PaymentRow)
    ).scalar_one_or_none()
    return None if row is None else _record(row)


def get(tx: Transaction, payment_id: str) -> Payment:
    """The payment with this id, which exists."""
    return _record(tx.session.get_one(PaymentRow, payment_id, populate_existing=True))


def find(tx: Transaction, payment_id: str) -> Payment | None:
    """The payment with this id."""
    row = tx.session.get(PaymentRow, payment_id, populate_existing=True)
    return None if row is None else _record(row)


def find_by_checkout(tx: Transaction, checkout_id: str) -> Payment | None:
    """The payment of this checkout."""
    row = tx.session.execute(
        select(PaymentRow).filter_by(checkout_id=checkout_id)
    ).scalar_one_or_none()
    return None if row is None else _record(row)


def lock(tx: Transaction, payment_id: str) -> Payment:
    """The payment, locked. Its orders are locked before it, never after."""
    row = tx.session.execute(
        select(PaymentRow)
        .filter_by(id=payment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()
    return _record(row)


def move(
    tx: Transaction, payment_id: str, to: PaymentState, *, closed_reason: str | None = None
) -> None:
    """Store the projection that clients see; the only writer of a payment's status."""
    values: dict[str, object] = {"updated_at": tx.now}
    if closed_reason is not None:
        values["closed_reason"] = closed_reason
    if to is PaymentState.COMPLETED:
        values["completed_at"] = tx.now
    tx.session.execute(
        update(PaymentRow).where(PaymentRow.id == payment_id).values(status=to, **values)
    )


def _record(row: PaymentRow) -> Payment:
    return Payment(
        id=row.id,
        checkout_id=row.checkout_id,
        buyer_id=row.buyer_id,
        state=PaymentState(row.status),
        usd_amount=row.amount,
        closed_reason=row.closed_reason,
    )
