"""Money that is owed back."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ARRAY, Text, any_, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from souk.core.db import table_of
from souk.core.unit_of_work import Transaction
from souk.modules.payments.domain import PAID, Leg, RefundReason, RefundStatus
from souk.modules.payments.models import PaymentAttemptLegRow, RefundDueRow
from souk.modules.payments.repository import legs as leg_rows

_REFUND, _LEG = table_of(RefundDueRow), table_of(PaymentAttemptLegRow)
_DUE = select(_REFUND).where(
    _REFUND.c.leg_id == any_(bindparam("legs", type_=ARRAY(Text))),
    _REFUND.c.status != RefundStatus.VOID,
)


@dataclass(frozen=True, slots=True)
class RefundDue:
    """A leg whose money is owed back in full, and why."""

    leg_id: str
    reason: RefundReason
    status: RefundStatus


def list_of_legs(tx: Transaction, legs: Sequence[Leg]) -> dict[str, RefundDue]:
    """What is owed back, by leg; what turned out void is not, nor what is not paid."""
    paid = [leg.id for leg in legs if leg.status in PAID]
    if not paid:
        return {}
    rows = tx.session.execute(_DUE, {"legs": paid})
    return {
        row.leg_id: RefundDue(row.leg_id, RefundReason(row.reason), RefundStatus(row.status))
        for row in rows
    }


_OPEN_LEGS = (
    select(_LEG)
    .join(_REFUND, _REFUND.c.leg_id == _LEG.c.id)
    .where(
        _REFUND.c.order_id == bindparam("order_id"),
        _REFUND.c.status == RefundStatus.AWAITING_SELLER,
    )
    .order_by(_LEG.c.id)
)


def list_open_legs(tx: Transaction, order_id: str) -> list[Leg]:
    """The legs of an order whose money is still to be sent back."""
    return [leg_rows.record(row) for row in tx.session.execute(_OPEN_LEGS, {"order_id": order_id})]


def add(tx: Transaction, leg: Leg, reason: RefundReason) -> None:
    """Owe a leg's money back; one that was void before is owed anew, for this reason."""
    tx.session.execute(
        insert(RefundDueRow)
        .values(
            id=tx.new_id("rfd"),
            leg_id=leg.id,
            order_id=leg.order_id,
            reason=reason,
            status=RefundStatus.AWAITING_SELLER,
            asset=leg.asset.code,
            amount=leg.amount,
            created_at=tx.now,
            updated_at=tx.now,
        )
        .on_conflict_do_nothing(index_elements=["leg_id"])
    )
    tx.session.execute(
        update(RefundDueRow)
        .where(RefundDueRow.leg_id == leg.id, RefundDueRow.reason != reason)
        .values(reason=reason, updated_at=tx.now)
    )


def move(tx: Transaction, leg_id: str, to: RefundStatus) -> None:
    """Change how a refund stands; the only writer of its status."""
    tx.session.execute(
        update(RefundDueRow)
        .where(RefundDueRow.leg_id == leg_id, RefundDueRow.status != to)
        .values(status=to, updated_at=tx.now)
    )
