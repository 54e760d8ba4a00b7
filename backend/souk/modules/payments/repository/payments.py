"""Payments: one a checkout."""

from typing import Any

from sqlalchemy import Row, Select, bindparam, select, text

from souk.core.db import table_of
from souk.core.unit_of_work import Transaction
from souk.modules.payments.domain import Payment, PaymentState
from souk.modules.payments.models import PaymentRow

_PAYMENT = table_of(PaymentRow)
_ADD = text(
    """
    INSERT INTO payment
        (id, checkout_id, buyer_id, amount, currency, status, created_at, updated_at)
    VALUES (:id, :checkout_id, :buyer_id, :amount, :currency, :status, :now, :now)
    ON CONFLICT (checkout_id) DO NOTHING RETURNING id
    """
)
_BY_ID = select(_PAYMENT).where(_PAYMENT.c.id == bindparam("payment_id"))
_BY_CHECKOUT = select(_PAYMENT).where(_PAYMENT.c.checkout_id == bindparam("checkout_id"))
_LOCK = _BY_ID.with_for_update()
_MOVE = text(
    """
    UPDATE payment SET status = :to, updated_at = :now,
        closed_reason = coalesce(:closed_reason, closed_reason),
        completed_at = CASE WHEN :to = 'COMPLETED' THEN :now
            WHEN :to NOT IN ('PENDING', 'PROCESSING') THEN completed_at END
    WHERE id = :payment_id
    """
)


def add(
    tx: Transaction, *, checkout_id: str, buyer_id: str, usd_amount: int, currency: str
) -> Payment | None:
    """Open a payment; `None` when this checkout has one already."""
    added = tx.session.execute(
        _ADD,
        {
            "id": tx.new_id("pay"),
            "checkout_id": checkout_id,
            "buyer_id": buyer_id,
            "amount": usd_amount,
            "currency": currency,
            "status": PaymentState.PENDING,
            "now": tx.now,
        },
    ).scalar_one_or_none()
    if added is None:
        return None
    return Payment(
        id=added,
        checkout_id=checkout_id,
        buyer_id=buyer_id,
        state=PaymentState.PENDING,
        usd_amount=usd_amount,
        closed_reason=None,
    )


def get(tx: Transaction, payment_id: str) -> Payment:
    """The payment with this id, which exists."""
    return _record(tx.session.execute(_BY_ID, {"payment_id": payment_id}).one())


def find(tx: Transaction, payment_id: str) -> Payment | None:
    """The payment with this id."""
    return _find(tx, _BY_ID, payment_id=payment_id)


def find_by_checkout(tx: Transaction, checkout_id: str) -> Payment | None:
    """The payment of this checkout."""
    return _find(tx, _BY_CHECKOUT, checkout_id=checkout_id)


def _find(tx: Transaction, payment: Select[tuple[Any, ...]], **key: str) -> Payment | None:
    row = tx.session.execute(payment, key).one_or_none()
    return None if row is None else _record(row)


def lock(tx: Transaction, payment_id: str) -> Payment:
    """The payment, locked. Its orders are locked before it, never after."""
    return _record(tx.session.execute(_LOCK, {"payment_id": payment_id}).one())


def move(
    tx: Transaction, payment_id: str, to: PaymentState, *, closed_reason: str | None = None
) -> None:
    """Store the projection that clients see; the only writer of a payment's status."""
    tx.session.execute(
        _MOVE,
        {"payment_id": payment_id, "to": to, "closed_reason": closed_reason, "now": tx.now},
    )


def _record(row: Row[tuple[Any, ...]]) -> Payment:
    return Payment(
        id=row.id,
        checkout_id=row.checkout_id,
        buyer_id=row.buyer_id,
        state=PaymentState(row.status),
        usd_amount=row.amount,
        closed_reason=row.closed_reason,
    )
