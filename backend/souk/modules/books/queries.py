"""The public books, and the gauges of an installation, composed by PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from souk.core.db import Reads

_RECENT = 24
# The books are looked at every hour: after one look that failed, what was found still stands.
_STALE_AFTER = timedelta(hours=2)

# The newest looks alone are read, and what is open, each by its index: nobody counts money because
# somebody asks. What is out of balance stays so until it was looked at again, however long that is.
_BOOKS = f"""
    WITH recent AS (
        SELECT * FROM books_check ORDER BY checked_at DESC LIMIT {_RECENT}),
    last AS (
        SELECT * FROM recent ORDER BY checked_at DESC LIMIT 1),
    open_breaks AS (
        SELECT rule, class, count(*) AS times
        FROM reconciliation_break WHERE healed_at IS NULL GROUP BY rule, class)
    SELECT json_build_object(
        'status', CASE
            WHEN EXISTS (SELECT FROM last WHERE breaks <> '[]')
                OR EXISTS (SELECT FROM open_breaks WHERE class = %(missing)s)
                THEN 'out_of_balance'
            WHEN NOT EXISTS (SELECT FROM last) THEN 'not_checked_yet'
            WHEN EXISTS (SELECT FROM last WHERE checked_at < %(fresh)s) THEN 'stale'
            ELSE 'balanced' END,
        'checked_at', (SELECT rfc3339(checked_at) FROM last),
        'assets', coalesce((SELECT assets FROM last), '[]'),
        'breaks', coalesce((SELECT breaks FROM last), '[]'),
        'differences', (SELECT coalesce(json_agg(json_build_object(
            'rule', rule, 'kind', class, 'count', times) ORDER BY rule, class), '[]'::json)
            FROM open_breaks),
        'as_of', coalesce((SELECT as_of FROM last), '[]'),
        'compared', coalesce((SELECT compared FROM last), '[]'),
        'recent', (SELECT coalesce(json_agg(json_build_object(
            'checked_at', rfc3339(checked_at),
            'breaks', (SELECT coalesce(sum((found ->> 'count')::integer), 0)
                       FROM jsonb_array_elements(breaks) AS found))
            ORDER BY checked_at DESC), '[]'::json) FROM recent))
"""


async def books(reads: Reads, now: datetime, *, missing: str) -> bytes:
    """What the last look at the books found, how many breaks the ones before did, and the open
    differences from the rails, of which those of the class `missing` are about lost money."""
    found = await reads.document(_BOOKS, {"fresh": now - _STALE_AFTER, "missing": missing})
    if found is None:
        raise LookupError("an aggregate always has a row")
    return found


_MOST = 100_000
_ENDPOINT = "json_build_object('chain', chain_id::text, 'kind', kind, 'endpoint', number::text)"

# Every row is found by an index that holds little else: the newest look, what is undelivered, what
# is open. What there may be very many of is not counted beyond a bound.
_GAUGES = f"""
    WITH checked AS (
        SELECT checked_at, breaks FROM books_check ORDER BY checked_at DESC LIMIT 1),
    outgoing AS (
        SELECT count(*) AS waiting, min(created_at) AS oldest FROM (
            SELECT created_at FROM outbox WHERE delivered_at IS NULL LIMIT {_MOST}) AS fact),
    incoming AS (
        SELECT count(*) AS waiting, min(received_at) AS oldest FROM (
            SELECT received_at FROM webhook_inbox WHERE handled_at IS NULL LIMIT {_MOST}
        ) AS message),
    followed AS (
        SELECT chain.chain_id::text AS chain, chain.next_block - 1 AS head, chain.advanced_at,
            to_timestamp(block.timestamp) AS head_at
        FROM chain LEFT JOIN chain_block AS block ON block.chain_id = chain.chain_id
            AND block.number = chain.next_block - 1 AND block.canonical),
    attempts AS (
        SELECT wanted.status, (
            SELECT count(*) FROM payment_attempt AS attempt
            WHERE attempt.status = wanted.status AND attempt.updated_at >= CASE
                WHEN wanted.status = ANY(%(under_way)s::text[]) THEN '-infinity'
                ELSE %(now)s - interval '1 day' END) AS number
        FROM unnest(%(statuses)s::text[]) AS wanted(status)),
    held_up AS (
        SELECT wanted.kind, count(hold.order_id) AS number
        FROM unnest(%(holds)s::text[]) AS wanted(kind)
        LEFT JOIN order_hold AS hold ON hold.kind = wanted.kind AND hold.closed_at IS NULL
        GROUP BY wanted.kind),
    pins AS (
        SELECT count(*) FILTER (WHERE error IS NULL) AS waiting, count(error) AS failing,
            min(wanted_at) AS oldest FROM (
            SELECT error, wanted_at FROM image_pin WHERE wanted_at IS NOT NULL
            LIMIT {_MOST}) AS pin),
    open_breaks AS (
        SELECT wanted.class, count(found.id) AS number
        FROM unnest(%(classes)s::text[]) AS wanted(class)
        LEFT JOIN reconciliation_break AS found
            ON found.class = wanted.class AND found.healed_at IS NULL
        GROUP BY wanted.class),
    reading(name, labels, value) AS (
        SELECT 'souk_books_check_age_seconds', '{{}}'::json,
            extract(epoch FROM %(now)s - checked_at) FROM checked
        UNION ALL SELECT 'souk_books_breaks', json_build_object('rule', found ->> 'rule'),
            (found ->> 'count')::numeric FROM checked, jsonb_array_elements(breaks) AS found
        UNION ALL SELECT 'souk_books_broken', '{{}}',
            CASE WHEN breaks = '[]' THEN 0 ELSE 1 END FROM checked
        UNION ALL SELECT 'souk_reconciliation_age_seconds', json_build_object('place', place),
            extract(epoch FROM %(now)s - compared_at) FROM reconciliation
        UNION ALL SELECT 'souk_reconciliation_breaks', json_build_object('class', class), number
            FROM open_breaks
        UNION ALL SELECT 'souk_outbox_waiting', '{{}}', waiting FROM outgoing
        UNION ALL SELECT 'souk_outbox_oldest_seconds', '{{}}',
            coalesce(extract(epoch FROM %(now)s - oldest), 0) FROM outgoing
        UNION ALL SELECT 'souk_inbox_waiting', '{{}}', waiting FROM incoming
        UNION ALL SELECT 'souk_inbox_oldest_seconds', '{{}}',
            coalesce(extract(epoch FROM %(now)s - oldest), 0) FROM incoming
        UNION ALL SELECT 'souk_chain_silence_seconds', json_build_object('chain', chain),
            extract(epoch FROM %(now)s - advanced_at) FROM followed
        UNION ALL SELECT 'souk_chain_head_age_seconds', json_build_object('chain', chain),
            extract(epoch FROM %(now)s - head_at) FROM followed
        UNION ALL SELECT 'souk_chain_head_block', json_build_object('chain', chain), head
            FROM followed
        UNION ALL SELECT 'souk_chain_endpoint_score', {_ENDPOINT}, score FROM chain_endpoint
        UNION ALL SELECT 'souk_chain_endpoint_block', {_ENDPOINT}, head_block FROM chain_endpoint
        UNION ALL SELECT 'souk_chain_endpoint_look_age_seconds', {_ENDPOINT},
            extract(epoch FROM %(now)s - looked_at) FROM chain_endpoint
        UNION ALL SELECT 'souk_payment_attempts', json_build_object('status', status), number
            FROM attempts
        UNION ALL SELECT 'souk_order_holds', json_build_object('kind', kind), number FROM held_up
        UNION ALL SELECT 'souk_media_pins_waiting', '{{}}', waiting FROM pins
        UNION ALL SELECT 'souk_media_pins_failing', '{{}}', failing FROM pins
        UNION ALL SELECT 'souk_media_pins_oldest_seconds', '{{}}',
            coalesce(extract(epoch FROM %(now)s - oldest), 0) FROM pins
        UNION ALL SELECT 'souk_media_quarantined', '{{}}', count(*) FROM image_liar
            WHERE quarantined_until > %(now)s)
    SELECT coalesce(json_agg(json_build_object(
        'name', name, 'labels', labels, 'value', value)), '[]'::json)
    FROM reading WHERE value IS NOT NULL
"""


async def gauges(
    reads: Reads,
    now: datetime,
    *,
    statuses: Sequence[str],
    under_way: Sequence[str],
    holds: Sequence[str],
    classes: Sequence[str],
) -> bytes:
    """One reading for each of these statuses of attempts (those that are over count for a day),
    kinds of holds and classes of breaks, and for whatever else is told."""
    asked = {
        "now": now,
        "statuses": list(statuses),
        "under_way": list(under_way),
        "holds": list(holds),
        "classes": list(classes),
    }
    found = await reads.document(_GAUGES, asked)
    if found is None:
        raise LookupError("an aggregate always has a row")
    return found
