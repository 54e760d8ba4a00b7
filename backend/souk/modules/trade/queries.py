"""Order pages, lists and timelines: one JSON document each, composed by PostgreSQL."""

import json
from collections.abc import Mapping, Sequence

from souk.core.db import Reads

# The leg that counts is the one that was paid and is no duplicate; before any is, the newest.
_MONEY_OF_ORDER = """
    SELECT coalesce((
        SELECT payment_status(leg.amount, m.held, m.released, m.refunded + m.reimbursed,
                              m.charged_back)
        FROM order_money m JOIN payment_attempt_leg leg ON leg.id = m.holder
        WHERE m.order_id = o.id AND NOT leg.duplicate AND m.held > 0
        ORDER BY m.holder DESC LIMIT 1), 'unpaid')
"""

# What others sell in the same cart is no business of a seller's, nor of whoever was handed a
# timeline key: they are shown the part of this order.
_PAID_OF_ATTEMPT = """
    CASE WHEN %(staff)s OR o.buyer_id = %(account_id)s THEN a.amount ELSE g.amount END
"""

_ORDER = f"""
SELECT json_build_object(
    'id', o.id, 'checkout_id', o.checkout_id, 'status', o.status,
    'payment_status', ({_MONEY_OF_ORDER}),
    'buyer_id', o.buyer_id,
    'seller', (SELECT json_build_object('id', s.id, 'handle', s.handle, 'name', s.name)
               FROM seller s WHERE s.id = o.seller_id),
    'total', money_json(o.total, o.currency, 2),
    'kind', o.kind, 'handling_days', o.handling_days, 'transit_days', o.transit_days,
    'created_at', rfc3339(o.created_at), 'expires_at', rfc3339(o.expires_at),
    'lines', (SELECT json_agg(json_build_object(
                  'listing_id', l.listing_id, 'title', l.title, 'quantity', l.quantity,
                  'kind', l.kind, 'unit_price', money_json(l.unit_price, l.currency, 2),
                  'total', money_json(l.unit_price * l.quantity, l.currency, 2),
                  'images', (SELECT coalesce(json_agg(json_build_object(
                                 'ipfs_hash', i.cid,
                                 'alt_text', coalesce(nullif(u.alt_text, ''), i.alt_text),
                                 'url', '/ipfs/' || i.cid) ORDER BY u.position), '[]')
                             FROM image_use u JOIN image_storage i ON i.id = u.image_id
                             WHERE u.subject_id = l.id AND u.kind = 'order_line'))
                  ORDER BY l.position)
              FROM order_line l WHERE l.order_id = o.id),
    'history', (SELECT json_agg(json_build_object(
                    'sequence', h.sequence, 'from', h.from_status, 'to', h.to_status,
                    'actor', h.actor, 'reason', h.reason, 'evidence', h.evidence,
                    'occurred_at', rfc3339(h.occurred_at), 'observed_at', rfc3339(h.observed_at))
                    ORDER BY h.sequence)
                FROM order_status_history h WHERE h.order_id = o.id),
    'tracking', (SELECT coalesce(json_agg(json_build_object(
                     'carrier', t.carrier, 'code', t.code, 'url', t.url, 'status', t.status,
                     'occurred_at', rfc3339(t.occurred_at)) ORDER BY t.occurred_at, t.id), '[]')
                 FROM order_tracking_event t WHERE t.order_id = o.id),
    'holds', (SELECT coalesce(json_agg(json_build_object(
                  'kind', d.kind, 'reference', d.reference, 'opened_at', rfc3339(d.opened_at))
                  ORDER BY d.opened_at), '[]')
              FROM order_hold d WHERE d.order_id = o.id AND d.closed_at IS NULL),
    'attempts', (SELECT coalesce(json_agg(json_build_object(
                     'id', a.id, 'payment_id', a.payment_id, 'method', a.method,
                     'status', a.status, 'chain_id', a.chain_id, 'symbol', a.asset_symbol,
                     'total', money_json({_PAID_OF_ATTEMPT}, a.asset, a.asset_exponent),
                     'pay_by', rfc3339(a.pay_by), 'transaction_hash', a.transaction_hash,
                     'failure_reason', a.failure_reason, 'created_at', rfc3339(a.created_at),
                     'leg', json_build_object(
                         'id', g.id, 'status', g.status, 'escrow_id', g.escrow_id,
                         'contract', g.contract, 'ref', g.ref,
                         'amount', money_json(g.amount, g.asset, g.asset_exponent),
                         'deadline', rfc3339(g.deadline), 'duplicate', g.duplicate),
                     'confirmations', CASE WHEN e.block_number IS NOT NULL
                         THEN json_build_object(
                             'have', c.next_block - e.block_number,
                             'need', (%(confirmations)s::jsonb ->> a.chain_id::text)::integer)
                         END,
                     'finality', CASE WHEN g.chain_id IS NOT NULL
                         THEN json_build_object('awaited', coalesce(g.finality, 'confirmed'),
                                                'reached', e.level)
                         END)
                     ORDER BY a.id), '[]')
                 FROM payment_attempt_leg g JOIN payment_attempt a ON a.id = g.attempt_id
                 LEFT JOIN chain_effect e ON e.chain_id = g.chain_id AND e.contract = g.contract
                      AND e.escrow_id = g.escrow_id AND e.kind = 'paid'
                 LEFT JOIN chain c ON c.chain_id = e.chain_id
                 WHERE g.order_id = o.id),
    'money', (SELECT coalesce(json_agg(json_build_object(
                  'leg_id', m.holder, 'symbol', g.asset_symbol,
                  'pending', money_json(m.pending, m.asset, g.asset_exponent),
                  'held', money_json(m.held, m.asset, g.asset_exponent),
                  'released', money_json(m.released, m.asset, g.asset_exponent),
                  'refunded', money_json(m.refunded, m.asset, g.asset_exponent),
                  'reimbursed', money_json(m.reimbursed, m.asset, g.asset_exponent),
                  'charged_back', money_json(m.charged_back, m.asset, g.asset_exponent),
                  'fee', money_json(m.fee, m.asset, g.asset_exponent)) ORDER BY m.holder), '[]')
              FROM order_money m JOIN payment_attempt_leg g ON g.id = m.holder
              WHERE m.order_id = o.id),
    'refunds_due', (SELECT coalesce(json_agg(json_build_object(
                        'leg_id', r.leg_id, 'reason', r.reason, 'status', r.status,
                        'amount', money_json(r.amount, r.asset, g.asset_exponent))
                        ORDER BY r.id), '[]')
                    FROM refund_due r JOIN payment_attempt_leg g ON g.id = r.leg_id
                    WHERE r.order_id = o.id))
FROM orders o WHERE o.id = %(order_id)s
"""

_OF_PARTY = (
    " AND (%(staff)s OR o.buyer_id = %(account_id)s OR works_at(%(account_id)s, o.seller_id))"
)

_LIST_ROW = f"""
    json_build_object(
        'id', o.id, 'checkout_id', o.checkout_id, 'status', o.status,
        'payment_status', ({_MONEY_OF_ORDER}),
        'total', money_json(o.total, o.currency, 2),
        'created_at', rfc3339(o.created_at),
        'lines', (SELECT json_agg(json_build_object(
                      'listing_id', l.listing_id, 'title', l.title, 'quantity', l.quantity)
                      ORDER BY l.position) FROM order_line l WHERE l.order_id = o.id))
"""


def _list_of(owner: str) -> str:
    """Newest first, one row more than asked for to know whether a next page exists."""
    return f"""
    WITH page AS (
        SELECT o.* FROM orders o
        WHERE {owner}
          AND (%(status)s::text IS NULL OR o.status = %(status)s)
          AND (%(after)s::text IS NULL OR o.id < %(after)s)
        ORDER BY o.id DESC LIMIT %(limit)s + 1),
    shown AS (SELECT * FROM page ORDER BY id DESC LIMIT %(limit)s)
    SELECT json_build_object(
        'data', coalesce((SELECT json_agg({_LIST_ROW} ORDER BY o.id DESC) FROM shown o), '[]'),
        'next_key', CASE WHEN (SELECT count(*) FROM page) > %(limit)s
                         THEN json_build_array((SELECT min(id) FROM shown)) END)
    """


_BOUGHT = _list_of("o.buyer_id = %(owner)s")
_SOLD = _list_of("o.seller_id = %(owner)s")

# Each position as a text of its own, which goes out to its order's streams as it is.
_TIMELINE_POSITIONS = """
SELECT json_object_agg(o.id, json_build_object(
    'path', (SELECT json_agg(h.to_status ORDER BY h.sequence)
             FROM order_status_history h WHERE h.order_id = o.id),
    'attempts', (SELECT json_agg(json_build_array(a.id, a.status, g.status) ORDER BY a.id)
                 FROM payment_attempt_leg g JOIN payment_attempt a ON a.id = g.attempt_id
                 WHERE g.order_id = o.id),
    'tracking', (SELECT count(*) FROM order_tracking_event t WHERE t.order_id = o.id),
    'holds', (SELECT count(*) FROM order_hold d
              WHERE d.order_id = o.id AND d.closed_at IS NULL),
    'status', o.status, 'last', (
        SELECT json_build_object('from', h.from_status, 'to', h.to_status, 'actor', h.actor,
                                 'reason', h.reason, 'occurred_at', rfc3339(h.occurred_at))
        FROM order_status_history h WHERE h.order_id = o.id ORDER BY h.sequence DESC LIMIT 1)
    )::text)
FROM orders o WHERE o.id = ANY(%(order_ids)s)
"""

_TERMS = """
SELECT json_build_object('data', coalesce(json_agg(json_build_object(
    'leg_id', d.leg_id, 'ref', d.ref, 'document', d.body) ORDER BY d.id), '[]'))
FROM orders o LEFT JOIN terms_document d ON d.order_id = o.id
WHERE o.id = %(order_id)s
  AND (o.buyer_id = %(account_id)s OR works_at(%(account_id)s, o.seller_id))
GROUP BY o.id
"""


# Of an order's legs the one whose payment counts. What is not proved yet is left out, and of a
# block's logs each is told by its place in its transaction's receipt.
_RECEIPT = """
SELECT coalesce((
    SELECT json_build_object(
        'document', 'souk escrow receipt 1', 'order_id', o.id,
        'chain_id', g.chain_id::text, 'contract', g.contract, 'escrow_id', g.escrow_id,
        'terms', (SELECT d.body FROM terms_document d WHERE d.leg_id = g.id),
        'proofs', (
            SELECT coalesce(json_agg(json_build_object(
                'fact', v.kind, 'args', v.args,
                'block', json_build_object('number', v.block_number::text, 'hash', v.block_hash,
                                           'timestamp', b.timestamp::text),
                'header', '0x' || encode(p.header, 'hex'),
                'transaction_index', p.transaction_index::text,
                'nodes', (SELECT json_agg('0x' || encode(node, 'hex') ORDER BY place)
                          FROM unnest(p.nodes) WITH ORDINALITY AS n (node, place)),
                'log_position', (v.log_index - p.first_log)::text,
                'claimed', json_build_object('level', e.level,
                                             'transaction_hash', v.transaction_hash))
                ORDER BY v.block_number, v.log_index), '[]')
            FROM chain_effect e JOIN chain_event v ON v.id = e.event_id
            JOIN chain_block b ON b.chain_id = v.chain_id AND b.hash = v.block_hash
            JOIN chain_proof p ON p.chain_id = v.chain_id AND p.block_hash = v.block_hash
                AND p.transaction_hash = v.transaction_hash AND p.proved_at IS NOT NULL
            WHERE e.chain_id = g.chain_id AND e.contract = g.contract
              AND e.escrow_id = g.escrow_id AND e.level <> 'included'))
    FROM payment_attempt_leg g
    WHERE g.order_id = o.id AND g.escrow_id IS NOT NULL AND g.held > 0 AND NOT g.duplicate
    ORDER BY g.id DESC LIMIT 1), 'null')
FROM orders o
WHERE o.id = %(order_id)s
  AND (o.buyer_id = %(account_id)s OR works_at(%(account_id)s, o.seller_id))
"""


async def order_page(
    reads: Reads,
    order_id: str,
    *,
    account_id: str,
    staff: bool,
    confirmations: Mapping[int, int],
) -> bytes | None:
    """Everything about an order for one of its parties or staff; `None` for anybody else."""
    return await reads.document(
        _ORDER + _OF_PARTY,
        {
            "order_id": order_id,
            "account_id": account_id,
            "staff": staff,
            "confirmations": json.dumps(confirmations),
        },
    )


async def order_timeline(
    reads: Reads, order_id: str, *, confirmations: Mapping[int, int]
) -> bytes | None:
    """The same page for the bearer of a timeline key, who was checked before."""
    return await reads.document(
        _ORDER,
        {
            "order_id": order_id,
            "account_id": None,
            "staff": False,
            "confirmations": json.dumps(confirmations),
        },
    )


async def timeline_positions(reads: Reads, order_ids: Sequence[str]) -> dict[str, bytes]:
    """For each of these orders that exists a small document, in one line, that changes whenever
    the order's page does."""
    found = await reads.document(_TIMELINE_POSITIONS, {"order_ids": list(order_ids)})
    positions: dict[str, str] = json.loads(found or b"{}")
    return {key: text.replace("\n", " ").encode() for key, text in positions.items()}


async def orders_bought(
    reads: Reads, buyer_id: str, *, status: str | None, after: str | None, limit: int
) -> bytes | None:
    """A buyer's orders, newest first, as `{"data", "next_key"}`."""
    return await reads.document(
        _BOUGHT, {"owner": buyer_id, "status": status, "after": after, "limit": limit}
    )


async def orders_sold(
    reads: Reads, seller_id: str, *, status: str | None, after: str | None, limit: int
) -> bytes | None:
    """A seller's orders, newest first, as `{"data", "next_key"}`."""
    return await reads.document(
        _SOLD, {"owner": seller_id, "status": status, "after": after, "limit": limit}
    )


async def acts_for(reads: Reads, seller_id: str, account_id: str) -> bytes | None:
    """`true` when the account acts for the store."""
    return await reads.document(
        "SELECT 'true'::json WHERE works_at(%(account_id)s, %(id)s)",
        {"id": seller_id, "account_id": account_id},
    )


async def order_party(reads: Reads, order_id: str, account_id: str) -> bytes | None:
    """`true` when the account is the order's buyer, or acts for its store."""
    return await reads.document(
        "SELECT 'true'::json FROM orders o WHERE o.id = %(order_id)s"
        " AND (o.buyer_id = %(account_id)s OR works_at(%(account_id)s, o.seller_id))",
        {"order_id": order_id, "account_id": account_id},
    )


async def terms_documents(reads: Reads, order_id: str, *, account_id: str) -> bytes | None:
    """The clear terms of every attempt to pay the order, for its two parties only."""
    return await reads.document(_TERMS, {"order_id": order_id, "account_id": account_id})


async def receipt(reads: Reads, order_id: str, *, account_id: str) -> bytes | None:
    """What is proved of the escrow that an order was paid into, for its two parties only; JSON's
    `null` where none was."""
    return await reads.document(_RECEIPT, {"order_id": order_id, "account_id": account_id})
