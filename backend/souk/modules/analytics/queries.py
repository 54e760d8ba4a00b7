"""What can be counted about a store, composed by PostgreSQL."""

from souk.core.db import Reads

# A sale is an order whose money is the seller's, and has not gone back to the buyer since. Of what
# was paid, that or its refund is the end; what nobody paid for says nothing about the seller, nor
# does what was called off when the payment had been undone.
_STATS = """
    WITH store AS (
        SELECT id, created_at FROM seller
        WHERE seller.status IN ('approved', 'suspended') AND {named}
    ), ended AS (
        SELECT count(*) FILTER (WHERE orders.status = 'completed' AND NOT EXISTS (
                   SELECT FROM payment_attempt_leg AS leg
                   WHERE leg.order_id = orders.id AND NOT leg.duplicate AND leg.held > 0
                     AND leg.refunded + leg.reimbursed + leg.charged_back >= leg.held
               )) AS completed,
               count(*) AS paid
        FROM orders, store
        WHERE orders.seller_id = store.id
          AND (orders.status = 'completed'
               OR orders.status = 'cancelled' AND EXISTS (
                   SELECT FROM order_status_history AS step
                   WHERE step.order_id = orders.id AND step.to_status = 'cancelled'
                     AND step.from_status NOT IN ('pending_payment', 'expired', 'cancelled')))
    )
    SELECT json_build_object(
        'seller_id', store.id,
        'since', rfc3339(store.created_at),
        'sales', ended.completed,
        'completion_rate', round(ended.completed::numeric / nullif(ended.paid, 0), 4)::text,
        'dispute_rate', NULL,
        'answer_seconds', NULL)
    FROM store, ended
"""
_BY_ID = _STATS.replace("{named}", "seller.id = %(reference)s")
_BY_HANDLE = _STATS.replace("{named}", "seller.handle = lower(%(reference)s)")


async def seller_stats(reads: Reads, reference: str) -> bytes | None:
    """The public numbers of the seller with this id or handle, as JSON. Ids hold an underscore,
    handles never do."""
    statement = _BY_ID if "_" in reference else _BY_HANDLE
    return await reads.document(statement, {"reference": reference})
