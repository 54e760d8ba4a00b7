"""Money that is owed back."""

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from souk.core.unit_of_work import Transaction
from souk.modules.payments.domain import Leg, RefundReason, RefundStatus
from souk.modules.payments.models import PaymentAttemptLegRow, RefundDueRow
from souk.modules.payments.repository import legs as leg_rows


@dataclass(frozen=True, slots=True)
class RefundDue:
    """A leg whose money is owed back in full, and why."""

    leg_id: str
    reason: RefundReason
    status: RefundStatus


def list_of_legs(tx: Transaction, leg_ids: list[str]) -> dict[str, RefundDue]:
    """What is owed back, by leg; what turned out void is not."""
    rows = tx.session.execute(
        select(RefundDueRow)
        .where(RefundDueRow.leg_id.in_(leg_ids), RefundDueRow.status != RefundStatus.VOID)
        .execution_options(populate_existing=True)
    ).scalars()
    return {
        row.leg_id: RefundDue(row.leg_id, RefundReason(row.reason), RefundStatus(row.status))
        for row in rows
    }


def list_open_legs(tx: Transaction, order_id: str) -> list[Leg]:
    """The legs of an order whose money is still to be sent back."""
    rows = tx.session.execute(
        select(PaymentAttemptLegRow)
        .join(RefundDueRow, RefundDueRow.leg_id == PaymentAttemptLegRow.id)
        .where(
            RefundDueRow.order_id == order_id,
            RefundDueRow.status == RefundStatus.AWAITING_SELLER,
        )
        .order_by(PaymentAttemptLegRow.id)
        .execution_options(populate_existing=True)
    ).scalars()
    return [leg_rows.record(row) for row in rows]


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
