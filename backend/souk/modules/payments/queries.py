"""Payments as their buyers see them, composed by PostgreSQL."""

import json

from souk.core.db import Reads

_LEGS = """
    (SELECT coalesce(json_agg(json_build_object(
        'id', leg.id, 'order_id', leg.order_id, 'status', leg.status,
        'escrow_id', leg.escrow_id, 'contract', leg.contract, 'ref', leg.ref,
        'finality', CASE WHEN leg.chain_id IS NOT NULL
                         THEN coalesce(leg.finality, 'confirmed') END,
        'amount', money_json(leg.amount, leg.asset, leg.asset_exponent),
        'held', money_json(leg.held, leg.asset, leg.asset_exponent),
        'released', money_json(leg.released, leg.asset, leg.asset_exponent),
        'refunded', money_json(leg.refunded, leg.asset, leg.asset_exponent),
        'reimbursed', money_json(leg.reimbursed, leg.asset, leg.asset_exponent),
        'charged_back', money_json(leg.charged_back, leg.asset, leg.asset_exponent),
        'deadline', rfc3339(leg.deadline), 'duplicate', leg.duplicate)
        ORDER BY leg.position), '[]'::json)
     FROM payment_attempt_leg AS leg
     WHERE leg.attempt_id = attempt.id
       AND (%(order_id)s::text IS NULL OR leg.order_id = %(order_id)s))
"""

_HISTORY = """
    (SELECT coalesce(json_agg(json_build_object(
        'from_status', step.from_status, 'to_status', step.to_status, 'reason', step.reason,
        'observed_at', rfc3339(step.observed_at)) ORDER BY step.sequence), '[]'::json)
     FROM payment_attempt_history AS step WHERE step.attempt_id = attempt.id)
"""

# What others sell in the same cart, and what the payer's wallets could do, is no business of a
# seller's: whoever does not see it all is shown the part of the own order.
_SEES_ALL = "(%(staff)s OR payment.buyer_id = %(account_id)s)"

_ROUTE = f"""
    CASE WHEN {_SEES_ALL} THEN attempt.route_explanation
         ELSE attempt.route_explanation - ARRAY['alternatives', 'why', 'rank', 'cost'] END
"""

_TOTAL_OF_ATTEMPT = f"""
    CASE WHEN {_SEES_ALL} THEN attempt.amount
         ELSE (SELECT sum(own.amount) FROM payment_attempt_leg AS own
               WHERE own.attempt_id = attempt.id AND own.order_id = %(order_id)s) END
"""

_TOTAL_OF_PAYMENT = f"""
    CASE WHEN {_SEES_ALL} THEN payment.amount
         ELSE (SELECT own.total FROM orders AS own WHERE own.id = %(order_id)s) END
"""

_ATTEMPTS = f"""
    (SELECT coalesce(json_agg(json_build_object(
        'id', attempt.id, 'number', attempt.number, 'method', attempt.method,
        'status', attempt.status, 'chain_id', attempt.chain_id, 'token', attempt.token,
        'wallet', attempt.payer_wallet,
        'provider_reference', CASE WHEN {_SEES_ALL} THEN attempt.provider_reference END,
        'total', money_json({_TOTAL_OF_ATTEMPT}, attempt.asset, attempt.asset_exponent),
        'rate', json_build_object(
            'amount', attempt.rate_amount::text, 'exponent', attempt.rate_exponent,
            'source', attempt.rate_source, 'spread_bps', attempt.spread_bps),
        'pay_by', rfc3339(attempt.pay_by), 'transaction_hash', attempt.transaction_hash,
        'failure_reason', attempt.failure_reason, 'route', {_ROUTE},
        'created_at', rfc3339(attempt.created_at),
        'legs', {_LEGS}, 'history', {_HISTORY}) ORDER BY attempt.number), '[]'::json)
     FROM payment_attempt AS attempt
     WHERE attempt.payment_id = payment.id
       AND ({_SEES_ALL} OR EXISTS (
           SELECT FROM payment_attempt_leg AS own
           WHERE own.attempt_id = attempt.id AND own.order_id = %(order_id)s)))
"""

_REFUNDS_DUE = """
    (SELECT coalesce(json_agg(json_build_object(
        'leg_id', due.leg_id, 'order_id', due.order_id, 'reason', due.reason,
        'status', due.status,
        'amount', money_json(due.amount, due.asset, leg.asset_exponent)) ORDER BY due.id),
        '[]'::json)
     FROM refund_due AS due JOIN payment_attempt_leg AS leg ON leg.id = due.leg_id
     WHERE leg.payment_id = payment.id AND due.status <> 'void'
       AND (%(order_id)s::text IS NULL OR due.order_id = %(order_id)s))
"""

_PAYMENT = f"""
    SELECT json_build_object(
        'id', payment.id, 'checkout_id', payment.checkout_id, 'buyer_id', payment.buyer_id,
        'status', payment.status,
        'total', money_json({_TOTAL_OF_PAYMENT}, payment.currency, 2),
        'reason', payment.closed_reason,
        'created_at', rfc3339(payment.created_at), 'updated_at', rfc3339(payment.updated_at),
        'completed_at', rfc3339(payment.completed_at),
        'attempts', {_ATTEMPTS}, 'refunds_due', {_REFUNDS_DUE})
    FROM payment
"""

_BY_ID = _PAYMENT + f"WHERE payment.id = %(payment_id)s AND {_SEES_ALL}"

# A seller is shown the legs of the own order only.
_OF_ORDER = (
    _PAYMENT
    + """
    JOIN orders ON orders.checkout_id = payment.checkout_id
    WHERE orders.id = %(order_id)s
      AND (%(staff)s OR orders.buyer_id = %(account_id)s
           OR works_at(%(account_id)s, orders.seller_id))
    """
)


def _list_where(condition: str) -> str:
    """Newest first; one row more than asked for tells whether there is a next page."""
    return f"""
    WITH page AS (
        SELECT payment.* FROM payment
        WHERE {condition} AND (%(after)s::text IS NULL OR payment.id < %(after)s)
        ORDER BY payment.id DESC LIMIT %(limit)s + 1),
    shown AS (SELECT * FROM page ORDER BY id DESC LIMIT %(limit)s)
    SELECT json_build_object(
        'data', coalesce((SELECT json_agg(json_build_object(
            'id', shown.id, 'checkout_id', shown.checkout_id, 'buyer_id', shown.buyer_id,
            'status', shown.status, 'total', money_json(shown.amount, shown.currency, 2),
            'created_at', rfc3339(shown.created_at),
            'completed_at', rfc3339(shown.completed_at)) ORDER BY shown.id DESC)
            FROM shown), '[]'::json),
        'next_key', CASE WHEN (SELECT count(*) FROM page) > %(limit)s
                         THEN json_build_array((SELECT min(id) FROM shown)) END)
    """


_OF_BUYER = _list_where("payment.buyer_id = %(buyer_id)s")
_OF_STATUS = _list_where(
    "payment.status = %(status)s AND (%(staff)s OR payment.buyer_id = %(account_id)s)"
)


def subject(payment_id: str) -> str:
    """The name under which what is shown of a payment is kept."""
    return f"payment {payment_id}"


def subject_of(document: bytes) -> str:
    """The same of a payment that is shown."""
    return subject(json.loads(document)["id"])


async def payment(reads: Reads, payment_id: str, *, account_id: str, staff: bool) -> bytes | None:
    """A payment with all its attempts, for its buyer or staff; `None` for anybody else."""
    return await reads.document(
        _BY_ID,
        {"payment_id": payment_id, "account_id": account_id, "staff": staff, "order_id": None},
    )


async def payment_of_order(
    reads: Reads, order_id: str, *, account_id: str, staff: bool
) -> bytes | None:
    """The payment of an order with the legs of that order alone, for its two parties or staff;
    `None` for anybody else, and while no payment was opened. Its seller is shown the sums of that
    order, and only attempts to pay it."""
    return await reads.document(
        _OF_ORDER, {"order_id": order_id, "account_id": account_id, "staff": staff}
    )


async def payments_of_buyer(
    reads: Reads, buyer_id: str, *, after: str | None, limit: int
) -> bytes | None:
    """An account's payments, newest first, as `{"data", "next_key"}`."""
    return await reads.document(_OF_BUYER, {"buyer_id": buyer_id, "after": after, "limit": limit})


async def payments_of_status(
    reads: Reads, status: str, *, account_id: str, staff: bool, after: str | None, limit: int
) -> bytes | None:
    """Payments in one state, newest first: the account's own, or all of them for staff."""
    return await reads.document(
        _OF_STATUS,
        {
            "status": status,
            "account_id": account_id,
            "staff": staff,
            "after": after,
            "limit": limit,
        },
    )
