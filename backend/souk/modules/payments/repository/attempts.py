"""Attempts and their history."""

import json
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any, assert_never

from sqlalchemy import Row, bindparam, func, select, text, update

from souk.core.addresses import Address
from souk.core.db import given, insert_given, required, table_of
from souk.core.money import Asset
from souk.core.unit_of_work import Transaction
from souk.modules.payments.domain import (
    Attempt,
    AttemptStatus,
    CardChoice,
    EscrowChoice,
    Leg,
    PayChoice,
    PaymentMethod,
    PayWay,
    Quote,
)
from souk.modules.payments.models import PaymentAttemptHistoryRow, PaymentAttemptRow
from souk.modules.payments.repository import legs as leg_rows

_ATTEMPT = table_of(PaymentAttemptRow)
_READ = [
    _ATTEMPT.c[name]
    for name in (
        *("id", "payment_id", "number", "request_key", "cancel_key", "method", "status", "clock"),
        *("chain_id", "token", "payer_wallet", "way", "saved_method"),
        *("asset", "asset_exponent", "asset_symbol", "amount", "usd_amount"),
        *("pay_by", "quote_expires_at", "closed_at", "transaction_hash", "provider_reference"),
        "route_explanation",
    )
]
_OF_PAYMENT = (
    select(*_READ)
    .where(_ATTEMPT.c.payment_id == bindparam("payment_id"))
    .order_by(_ATTEMPT.c.number)
)
_NEXT_NUMBER = (
    select(func.coalesce(func.max(_ATTEMPT.c.number), 0) + 1)
    .where(_ATTEMPT.c.payment_id == bindparam("of_payment"))
    .scalar_subquery()
)
_ADDED = insert_given(_ATTEMPT, "attempts", number=_NEXT_NUMBER).returning(*_READ).cte("added")
_BEGIN = insert_given(table_of(PaymentAttemptHistoryRow), "steps").cte("begun")
_ADD = select(_ADDED).add_cte(_BEGIN)
# Whoever moves an attempt has the payment locked, so that the history has no gaps.
_MOVE = text(
    """
    WITH moved AS (
        UPDATE payment_attempt SET status = :to_status, updated_at = :observed_at,
            transaction_hash = coalesce(:transaction_hash, transaction_hash),
            provider_reference = coalesce(:provider_reference, provider_reference),
            failure_reason = CASE WHEN :to_status = 'failed' THEN :reason ELSE failure_reason END
        WHERE id = :attempt_id)
    INSERT INTO payment_attempt_history
        (id, attempt_id, sequence, from_status, to_status, reason, evidence, observed_at)
    SELECT :id, :attempt_id, coalesce(max(sequence), 0) + 1, :from_status, :to_status, :reason,
           CAST(:evidence AS jsonb), :observed_at
    FROM payment_attempt_history WHERE attempt_id = :attempt_id
    """
)


def add(
    tx: Transaction,
    payment_id: str,
    attempt_id: str,
    *,
    request_key: str | None,
    choice: PayChoice,
    contract: Address | None,
    clock: str,
    quote: Quote,
    usd_amount: int,
    route: dict[str, object],
) -> Attempt:
    """Store a new attempt, `created`, without legs so far. The payment is locked."""
    attempt: dict[str, object] = {
        "id": attempt_id,
        "payment_id": payment_id,
        "request_key": request_key,
        "method": choice.method,
        "status": AttemptStatus.CREATED,
        "clock": clock,
        "contract": contract,
        **_choice_columns(choice),
        "asset": quote.asset.code,
        "asset_exponent": quote.asset.exponent,
        "asset_symbol": quote.asset.symbol,
        "amount": quote.total,
        "usd_amount": usd_amount,
        "rate_amount": quote.rate.amount,
        "rate_exponent": quote.rate.exponent,
        "rate_source": quote.rate.source,
        "spread_bps": quote.spread_bps,
        "quote_issued_at": quote.issued_at,
        "quote_expires_at": quote.expires_at,
        "pay_by": quote.expires_at,
        "route_explanation": route,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    begun = _step(tx, attempt_id, None, AttemptStatus.CREATED, "the payer chose how to pay")
    asked = {
        "attempts": given([attempt]),
        "steps": given([{**begun, "sequence": 1, "evidence": {}}]),
        "of_payment": payment_id,
    }
    return _record(tx.session.execute(_ADD, asked).one(), ())


def _choice_columns(choice: PayChoice) -> dict[str, object]:
    match choice:
        case EscrowChoice():
            return {
                "chain_id": choice.chain_id,
                "token": choice.token,
                "payer_wallet": choice.wallet,
                "way": choice.way,
            }
        case CardChoice():
            return {"saved_method": choice.saved_method}
        case _:
            assert_never(choice)


def list_of_payment(tx: Transaction, payment_id: str) -> list[Attempt]:
    """The attempts of a payment with their legs, the first one first."""
    rows = tx.session.execute(_OF_PAYMENT, {"payment_id": payment_id}).all()
    by_attempt: dict[str, list[Leg]] = defaultdict(list)
    for leg in leg_rows.list_of_payment(tx, payment_id) if rows else ():
        by_attempt[leg.attempt_id].append(leg)
    return [_record(row, tuple(by_attempt[row.id])) for row in rows]


def get(tx: Transaction, payment_id: str, attempt_id: str) -> Attempt:
    """One attempt of a payment."""
    return next(a for a in list_of_payment(tx, payment_id) if a.id == attempt_id)


def move(
    tx: Transaction,
    attempt: Attempt,
    to: AttemptStatus,
    *,
    reason: str,
    evidence: dict[str, object],
    transaction_hash: str | None = None,
    provider_reference: str | None = None,
) -> None:
    """Change an attempt's status and say so in its history; the only writer of that status."""
    step = _step(tx, attempt.id, attempt.status, to, reason)
    tx.session.execute(
        _MOVE,
        {
            **step,
            "evidence": json.dumps(evidence),
            "transaction_hash": transaction_hash,
            "provider_reference": provider_reference,
        },
    )


def _step(
    tx: Transaction,
    attempt_id: str,
    source: AttemptStatus | None,
    to: AttemptStatus,
    reason: str,
) -> dict[str, object]:
    return {
        "id": tx.new_id("pah"),
        "attempt_id": attempt_id,
        "from_status": source,
        "to_status": to,
        "reason": reason,
        "observed_at": tx.now,
    }


def find_payment(tx: Transaction, attempt_id: str) -> str | None:
    """The payment that an attempt belongs to; `None` for a stranger's."""
    return tx.session.execute(
        select(PaymentAttemptRow.payment_id).filter_by(id=attempt_id)
    ).scalar_one_or_none()


def find_by_reference(tx: Transaction, provider_reference: str) -> tuple[str, str] | None:
    """Payment and attempt that the provider knows by this reference."""
    row = tx.session.execute(
        select(PaymentAttemptRow.payment_id, PaymentAttemptRow.id).filter_by(
            provider_reference=provider_reference
        )
    ).one_or_none()
    return None if row is None else (row.payment_id, row.id)


def list_open(
    tx: Transaction, clock: str, *, before: datetime, limit: int
) -> list[tuple[str, str]]:
    """Payment and attempt of those that somebody could still pay and that have not moved since
    `before`, the longest first."""
    row = PaymentAttemptRow
    found = tx.session.execute(
        select(row.payment_id, row.id)
        .where(
            row.clock == clock,
            row.closed_at.is_(None),
            row.status.not_in([AttemptStatus.SUCCEEDED, AttemptStatus.ORPHANED]),
            row.updated_at < before,
        )
        .order_by(row.updated_at)
        .limit(limit)
    )
    return [(one.payment_id, one.id) for one in found]


def has_heard(tx: Transaction, attempt_id: str, references: Collection[str]) -> bool:
    """Whether the history tells of one of these already."""
    history = PaymentAttemptHistoryRow
    found = tx.session.execute(
        select(history.id)
        .where(
            history.attempt_id == attempt_id,
            history.evidence["reference"].astext.in_(references),
        )
        .limit(1)
    )
    return found.first() is not None


def set_provider_reference(tx: Transaction, attempt_id: str, reference: str) -> None:
    """Remember how the rail knows an attempt."""
    tx.session.execute(
        update(PaymentAttemptRow)
        .where(PaymentAttemptRow.id == attempt_id)
        .values(provider_reference=reference)
    )


def close(tx: Transaction, attempt_id: str) -> None:
    """Remember that nobody can pay an attempt any more."""
    tx.session.execute(
        update(PaymentAttemptRow)
        .where(PaymentAttemptRow.id == attempt_id, PaymentAttemptRow.closed_at.is_(None))
        .values(closed_at=tx.now)
    )


def set_cancel_key(tx: Transaction, attempt_id: str, request_key: str) -> None:
    """Remember which request gives an attempt up."""
    tx.session.execute(
        update(PaymentAttemptRow)
        .where(PaymentAttemptRow.id == attempt_id)
        .values(cancel_key=request_key)
    )


def touch(tx: Transaction, attempt_id: str) -> None:
    """Remember that an attempt was looked at just now."""
    tx.session.execute(
        update(PaymentAttemptRow)
        .where(PaymentAttemptRow.id == attempt_id)
        .values(updated_at=tx.now)
    )


def set_transaction_hash(tx: Transaction, attempt_id: str, transaction_hash: str) -> None:
    """Remember another hash that the payer handed in; it proves nothing."""
    tx.session.execute(
        update(PaymentAttemptRow)
        .where(PaymentAttemptRow.id == attempt_id)
        .values(transaction_hash=transaction_hash, updated_at=tx.now)
    )


def _record(row: Row[tuple[Any, ...]], legs: tuple[Leg, ...]) -> Attempt:
    return Attempt(
        id=row.id,
        payment_id=row.payment_id,
        number=row.number,
        request_key=row.request_key,
        cancel_key=row.cancel_key,
        method=PaymentMethod(row.method),
        status=AttemptStatus(row.status),
        choice=_choice(row),
        clock=row.clock,
        asset=Asset(row.asset, row.asset_exponent, row.asset_symbol),
        amount=row.amount,
        usd_amount=row.usd_amount,
        pay_by=row.pay_by,
        quote_expires_at=row.quote_expires_at,
        transaction_hash=row.transaction_hash,
        provider_reference=row.provider_reference,
        closed_at=row.closed_at,
        legs=legs,
        route=row.route_explanation,
    )


def _choice(row: Row[tuple[Any, ...]]) -> PayChoice:
    method = PaymentMethod(row.method)
    if row.chain_id is None:
        return CardChoice(method=method, saved_method=row.saved_method)
    return EscrowChoice(
        method=method,
        chain_id=row.chain_id,
        token=Address(required(row.token)),
        wallet=Address(required(row.payer_wallet)),
        way=PayWay(row.way or PayWay.CALLS),
    )
