"""Endpoints and the log of what was sent to them, composed by PostgreSQL."""

from souk.core.db import Reads
from souk.core.pagination import CursorCodec

_ENDPOINT = """
    json_build_object(
        'id', endpoint.id,
        'url', endpoint.url,
        'description', endpoint.description,
        'events', endpoint.events,
        'enabled', endpoint.disabled_at IS NULL,
        'disabled_at', rfc3339(endpoint.disabled_at),
        'disabled_reason', endpoint.disabled_reason,
        'failing_since', rfc3339(endpoint.first_failed_at),
        'old_secret_until', rfc3339(endpoint.old_secret_until),
        'created_at', rfc3339(endpoint.created_at),
        'updated_at', rfc3339(endpoint.updated_at))
"""

_ONE = f"""
    SELECT {_ENDPOINT} FROM webhook_endpoint AS endpoint
    WHERE endpoint.id = %(endpoint_id)s AND endpoint.account_id = %(account_id)s
      AND endpoint.deleted_at IS NULL
"""

_ALL = f"""
    SELECT json_build_object(
        'data', coalesce(json_agg({_ENDPOINT} ORDER BY endpoint.id), '[]'::json))
    FROM webhook_endpoint AS endpoint
    WHERE endpoint.account_id = %(account_id)s AND endpoint.deleted_at IS NULL
"""

# The page belongs to the endpoint: nobody else's is there at all, which is not an empty list.
_MARKER = "/* filters */"
_DELIVERIES = """
    WITH mine AS (
        SELECT endpoint.id FROM webhook_endpoint AS endpoint
        WHERE endpoint.id = %(endpoint_id)s AND endpoint.account_id = %(account_id)s
          AND endpoint.deleted_at IS NULL
    ), page AS (
        SELECT delivery.* FROM webhook_delivery AS delivery
        WHERE delivery.endpoint_id = (SELECT mine.id FROM mine) /* filters */
        ORDER BY delivery.id DESC LIMIT %(limit)s + 1
    ), shown AS (SELECT * FROM page ORDER BY id DESC LIMIT %(limit)s)
    SELECT json_build_object(
        'data', (SELECT coalesce(json_agg(json_build_object(
            'id', shown.id,
            'event_id', shown.event_id,
            'type', shown.type,
            'state', CASE WHEN shown.sent_at IS NOT NULL THEN 'sent'
                          WHEN shown.failed_at IS NOT NULL THEN 'failed' ELSE 'pending' END,
            'body', shown.body::json,
            'created_at', rfc3339(shown.created_at),
            'sent_at', rfc3339(shown.sent_at),
            'failed_at', rfc3339(shown.failed_at),
            'next_attempt_at', CASE WHEN shown.sent_at IS NULL AND shown.failed_at IS NULL
                                    THEN rfc3339(shown.next_attempt_at) END,
            'attempts', (SELECT coalesce(json_agg(json_build_object(
                'number', attempt.number,
                'started_at', rfc3339(attempt.started_at),
                'took_ms', attempt.took_ms,
                'status', attempt.status,
                'answer', attempt.answer,
                'error', attempt.error) ORDER BY attempt.number), '[]'::json)
                FROM webhook_attempt AS attempt WHERE attempt.delivery_id = shown.id)
            ) ORDER BY shown.id DESC), '[]'::json) FROM shown),
        'next_key', CASE WHEN (SELECT count(*) FROM page) > %(limit)s
                         THEN json_build_array((SELECT min(shown.id) FROM shown)) END)
    FROM mine
"""
_AFTER = "AND delivery.id < %(after_id)s "
_PENDING = "AND delivery.sent_at IS NULL AND delivery.failed_at IS NULL "
_SENT = "AND delivery.sent_at IS NOT NULL "
_FAILED = "AND delivery.failed_at IS NOT NULL "
_STATES = {"pending": _PENDING, "sent": _SENT, "failed": _FAILED}


async def endpoints(reads: Reads, account_id: str) -> bytes | None:
    """All endpoints of an account, the oldest first."""
    return await reads.document(_ALL, {"account_id": account_id})


async def endpoint(reads: Reads, endpoint_id: str, *, account_id: str) -> bytes | None:
    """One endpoint of this account."""
    return await reads.document(_ONE, {"endpoint_id": endpoint_id, "account_id": account_id})


async def deliveries(
    reads: Reads,
    cursors: CursorCodec,
    endpoint_id: str,
    *,
    account_id: str,
    state: str | None,
    limit: int,
    cursor: str | None,
) -> bytes | None:
    """A page of what was sent to an endpoint of this account, the newest first, each with its
    attempts; `None` when it has no such endpoint. Raises `BadCursor`."""
    scope = f"webhook-deliveries:{endpoint_id}:{state}"
    after = cursors.decode(scope, cursor, width=1)
    parameters: dict[str, object] = {
        "endpoint_id": endpoint_id,
        "account_id": account_id,
        "limit": limit,
    }
    conditions = "" if state is None else _STATES[state]
    if after is not None:
        conditions += _AFTER
        parameters["after_id"] = after[0]
    document = await reads.document(_DELIVERIES.replace(_MARKER, conditions), parameters)
    return None if document is None else cursors.page(scope, document)
