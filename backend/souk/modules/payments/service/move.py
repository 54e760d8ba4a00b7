"""The one way in which attempts and payments change, each change with its fact on the outbox."""

from collections.abc import Sequence
from dataclasses import replace

from souk.core.unit_of_work import Transaction
from souk.modules.payments.domain import (
    ATTEMPT_TRANSITIONS,
    Attempt,
    AttemptNews,
    AttemptStatus,
    AttemptTurn,
    Evidence,
    LegView,
    Payment,
    PaymentState,
    project,
)
from souk.modules.payments.errors import AttemptNotOpen
from souk.modules.payments.events import (
    PaymentAttemptChanged,
    PaymentCancelled,
    PaymentCompleted,
    PaymentEvent,
    PaymentFailed,
)
from souk.modules.payments.repository import attempts as attempt_rows
from souk.modules.payments.repository import payments as payment_rows
from souk.modules.payments.repository import refunds as refund_rows


def move_attempt(
    tx: Transaction,
    payment: Payment,
    attempt: Attempt,
    to: AttemptStatus,
    *,
    reason: str,
    evidence: Evidence | None = None,
    transaction_hash: str | None = None,
    provider_reference: str | None = None,
) -> Attempt:
    """Change an attempt's status; the attempt as it is then. Raises `AttemptNotOpen` for a change
    that is not in the table."""
    if to not in ATTEMPT_TRANSITIONS[attempt.status]:
        raise AttemptNotOpen(
            attempt.status, f"an attempt that is {attempt.status} cannot become {to}"
        )
    attempt_rows.move(
        tx,
        attempt,
        to,
        reason=reason,
        evidence=dict(evidence or {}),
        transaction_hash=transaction_hash,
        provider_reference=provider_reference,
    )
    moved = replace(
        attempt,
        status=to,
        transaction_hash=transaction_hash or attempt.transaction_hash,
        provider_reference=provider_reference or attempt.provider_reference,
    )
    tx.publish(
        PaymentAttemptChanged(
            payment_id=payment.id,
            checkout_id=payment.checkout_id,
            buyer_id=payment.buyer_id,
            orders=[leg.order_id for leg in attempt.legs],
            attempt_id=attempt.id,
            from_status=attempt.status,
            to_status=to,
            reason=reason,
            transaction_hash=moved.transaction_hash,
        )
    )
    return moved


_TURNS = {
    AttemptTurn.PROCESSING: AttemptStatus.SUBMITTED,
    AttemptTurn.DECLINED: AttemptStatus.FAILED,
    AttemptTurn.CLOSED: AttemptStatus.CANCELLED,
}


def hear(tx: Transaction, payment: Payment, attempt: Attempt, news: AttemptNews) -> Attempt:
    """The attempt as it is after a rail said something of it; unchanged when that is about another
    one, was heard before, or comes too late to matter."""
    if attempt.id != news.attempt_id:
        return attempt
    if news.turn is AttemptTurn.CLOSED and attempt.closed_at is None:
        attempt_rows.close(tx, attempt.id)
        attempt = replace(attempt, closed_at=tx.now)
    to = _TURNS[news.turn]
    # What was declined stays so when it is called off: that says more.
    stays = news.turn is AttemptTurn.CLOSED and attempt.status is AttemptStatus.FAILED
    if stays or to not in ATTEMPT_TRANSITIONS[attempt.status] or _is_past(tx, news):
        return attempt
    evidence = {"reference": news.reference}
    return move_attempt(tx, payment, attempt, to, reason=news.reason, evidence=evidence)


def _is_past(tx: Transaction, news: AttemptNews) -> bool:
    """Whether it was heard before, or says of a try that it is under way whose end was heard."""
    past = {news.reference}
    if news.turn is AttemptTurn.PROCESSING:
        past.add(news.reference_of(AttemptTurn.DECLINED))
    return attempt_rows.has_heard(tx, news.attempt_id, past)


def project_payment(
    tx: Transaction,
    payment: Payment,
    attempts: Sequence[Attempt],
    *,
    reason: str,
    closed_reason: str | None = None,
) -> PaymentState:
    """Bring what clients see of a locked payment up to date, and say so when it changed;
    `attempts` are all of its attempts as they are now, from first to last."""
    legs = [leg for attempt in attempts for leg in attempt.legs]
    owed_back = refund_rows.list_of_legs(tx, legs)
    state = project(
        [attempt.status for attempt in attempts],
        [
            LegView(
                attempt_id=leg.attempt_id,
                order_id=leg.order_id,
                status=leg.status,
                owed_back=leg.duplicate or leg.id in owed_back,
                released=leg.released,
                refunded=leg.refunded,
                reimbursed=leg.reimbursed + leg.charged_back,
            )
            for leg in legs
        ],
        closed=(closed_reason or payment.closed_reason) is not None,
    )
    if state is not payment.state or closed_reason is not None:
        payment_rows.move(tx, payment.id, state, closed_reason=closed_reason)
    if state is not payment.state:
        _announce(tx, payment, sorted({leg.order_id for leg in legs}), state, reason)
    return state


def _announce(
    tx: Transaction, payment: Payment, orders: list[str], state: PaymentState, reason: str
) -> None:
    about = {
        "payment_id": payment.id,
        "checkout_id": payment.checkout_id,
        "buyer_id": payment.buyer_id,
    }
    event: PaymentEvent | None = None
    match state:
        case PaymentState.COMPLETED:
            event = PaymentCompleted(**about, orders=orders)
        case PaymentState.FAILED:
            event = PaymentFailed(**about, orders=orders, reason=reason)
        case PaymentState.CANCELLED:
            event = PaymentCancelled(**about, orders=orders, reason=reason)
        case _:
            return
    tx.publish(event)
