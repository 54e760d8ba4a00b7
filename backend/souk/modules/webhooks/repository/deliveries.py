"""Deliveries, who has them in hand, and what came of it."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import TextClause, select, text
from sqlalchemy.dialects.postgresql import insert

from souk.core.unit_of_work import Transaction
from souk.modules.webhooks.domain import Attempt, ClaimedDelivery, DeliveryRecord
from souk.modules.webhooks.errors import DeliveryNotFound
from souk.modules.webhooks.models import DeliveryRow, EndpointRow

WAKE_CHANNEL = "souk_webhooks"
# Longer than any try takes, so that it is over before another one begins.
LEASE_SECONDS = 60

# A few of each endpoint, however many wait there: one that is slow, or away with a long queue,
# must not take every place. Those that fail come last. Taken without a lock first, as the rows of
# all endpoints are looked at, then locked and looked at again. Materialized, because a plan that
# ran the subqueries again would take more than the limit.
_CLAIM = text(
    """
    WITH wanted AS MATERIALIZED (
        SELECT first.id FROM webhook_endpoint AS endpoint
        CROSS JOIN LATERAL (
            SELECT waiting.id, waiting.next_attempt_at FROM webhook_delivery AS waiting
            WHERE waiting.endpoint_id = endpoint.id AND waiting.next_attempt_at <= :now
              AND waiting.sent_at IS NULL AND waiting.failed_at IS NULL
            ORDER BY waiting.next_attempt_at LIMIT :share) AS first
        WHERE endpoint.disabled_at IS NULL AND endpoint.deleted_at IS NULL
          AND endpoint.id <> ALL(:busy)
        ORDER BY endpoint.first_failed_at IS NOT NULL, first.next_attempt_at
        LIMIT :limit),
    due AS MATERIALIZED (
        SELECT delivery.id FROM webhook_delivery AS delivery
        WHERE delivery.id IN (SELECT wanted.id FROM wanted)
          AND delivery.next_attempt_at <= :now
          AND delivery.sent_at IS NULL AND delivery.failed_at IS NULL
        FOR UPDATE SKIP LOCKED)
    UPDATE webhook_delivery AS mine
    SET next_attempt_at = :until, tries = mine.tries + 1, attempts = mine.attempts + 1
    FROM due, webhook_endpoint AS target
    WHERE mine.id = due.id AND target.id = mine.endpoint_id AND target.deleted_at IS NULL
    RETURNING mine.id, mine.endpoint_id, mine.event_id, mine.body, mine.tries, mine.attempts,
              target.url, target.secret,
              CASE WHEN target.old_secret_until > :now THEN target.old_secret END AS old_secret
    """
)
# The number of the attempt says whose claim holds: whoever was slower than its lease must not
# change what the next one has found out.
_SENT = text(
    "UPDATE webhook_delivery SET sent_at = :now"
    " WHERE id = :id AND attempts = :attempt AND sent_at IS NULL AND failed_at IS NULL"
    " RETURNING id"
)
_FAILED = text(
    "UPDATE webhook_delivery SET failed_at = :now"
    " WHERE id = :id AND attempts = :attempt AND sent_at IS NULL AND failed_at IS NULL"
    " RETURNING id"
)
_POSTPONED = text(
    "UPDATE webhook_delivery SET next_attempt_at = :at"
    " WHERE id = :id AND attempts = :attempt AND sent_at IS NULL AND failed_at IS NULL"
    " RETURNING id"
)
_AGAIN = text(
    "UPDATE webhook_delivery"
    " SET sent_at = NULL, failed_at = NULL, tries = 0, next_attempt_at = :now WHERE id = :id"
)
_ATTEMPT = text(
    """
    INSERT INTO webhook_attempt
        (delivery_id, number, started_at, took_ms, status, answer, error)
    SELECT id, :attempt, :started_at, :took_ms, :status, :answer, :error
    FROM webhook_delivery WHERE id = :id
    ON CONFLICT DO NOTHING
    """
)
# The attempts go with their deliveries.
_FORGET = text(
    """
    WITH gone AS (
        DELETE FROM webhook_delivery WHERE id IN (
            SELECT id FROM webhook_delivery WHERE created_at < :before
            ORDER BY created_at LIMIT :limit FOR UPDATE SKIP LOCKED)
        RETURNING 1)
    SELECT count(*) FROM gone
    """
)
_FORGET_ENDPOINTS = text(
    """
    DELETE FROM webhook_endpoint WHERE deleted_at < :before AND NOT EXISTS (
        SELECT 1 FROM webhook_delivery WHERE endpoint_id = webhook_endpoint.id)
    """
)


def add(tx: Transaction, endpoint_id: str, event_id: str, type_: str, body: str) -> bool:
    """A new delivery, due now; `False` when the endpoint has one of this event."""
    statement = (
        insert(DeliveryRow)
        .values(
            id=tx.new_id("whd"),
            endpoint_id=endpoint_id,
            event_id=event_id,
            type=type_,
            body=body,
            created_at=tx.now,
            next_attempt_at=tx.now,
            tries=0,
            attempts=0,
        )
        .on_conflict_do_nothing(index_elements=["endpoint_id", "event_id"])
        .returning(DeliveryRow.id)
    )
    return tx.session.execute(statement).first() is not None


def wake(tx: Transaction) -> None:
    """Have the senders look as soon as this transaction is committed."""
    tx.session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": WAKE_CHANNEL})


def claim(
    tx: Transaction, *, limit: int, share: int, busy: Collection[str]
) -> list[ClaimedDelivery]:
    """Take up to `limit` deliveries that are due in hand, at most `share` of each endpoint and
    none of the endpoints that are `busy`."""
    asked = {
        "now": tx.now,
        "until": tx.now + timedelta(seconds=LEASE_SECONDS),
        "limit": limit,
        "share": share,
        "busy": list(busy),
    }
    return [
        ClaimedDelivery(
            id=row.id,
            endpoint_id=row.endpoint_id,
            event_id=row.event_id,
            url=row.url,
            body=row.body.encode(),
            tries=row.tries,
            attempt=row.attempts,
            secret=bytes(row.secret),
            old_secret=None if row.old_secret is None else bytes(row.old_secret),
        )
        for row in tx.session.execute(_CLAIM, asked)
    ]


def add_attempt(tx: Transaction, claimed: ClaimedDelivery, attempt: Attempt) -> None:
    """Write down what came of it; harmless when the log was forgotten meanwhile."""
    asked = {
        "id": claimed.id,
        "attempt": claimed.attempt,
        "started_at": attempt.started_at,
        "took_ms": attempt.took_ms,
        "status": attempt.status,
        "answer": attempt.answer,
        "error": attempt.error,
    }
    tx.session.execute(_ATTEMPT, asked)


def mark_sent(tx: Transaction, claimed: ClaimedDelivery) -> bool:
    """`False` when the claim does not hold any more."""
    return _changed(tx, _SENT, claimed, now=tx.now)


def mark_failed(tx: Transaction, claimed: ClaimedDelivery) -> bool:
    """Not to be tried again by itself. `False` when the claim does not hold any more."""
    return _changed(tx, _FAILED, claimed, now=tx.now)


def postpone(tx: Transaction, claimed: ClaimedDelivery, until: datetime) -> bool:
    """`False` when the claim does not hold any more."""
    return _changed(tx, _POSTPONED, claimed, at=until)


def lock_own(
    tx: Transaction, delivery_id: str, account_id: str
) -> tuple[DeliveryRecord, EndpointRow]:
    """A delivery, locked, with its endpoint. Raises `DeliveryNotFound`, also when it is somebody
    else's or the endpoint is deleted."""
    found = tx.session.execute(
        select(DeliveryRow, EndpointRow)
        .join(EndpointRow, EndpointRow.id == DeliveryRow.endpoint_id)
        .where(
            DeliveryRow.id == delivery_id,
            EndpointRow.account_id == account_id,
            EndpointRow.deleted_at.is_(None),
        )
        .with_for_update(of=DeliveryRow)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise DeliveryNotFound
    return _record(found[0]), found[1]


def begin_again(tx: Transaction, delivery_id: str) -> None:
    """Try a locked delivery anew, from its first try on and at once."""
    tx.session.execute(_AGAIN, {"id": delivery_id, "now": tx.now})


def get(tx: Transaction, endpoint_id: str, event_id: str) -> DeliveryRecord:
    """The delivery of an event to an endpoint, which exists."""
    statement = (
        select(DeliveryRow)
        .filter_by(endpoint_id=endpoint_id, event_id=event_id)
        .execution_options(populate_existing=True)
    )
    return _record(tx.session.scalars(statement).one())


def forget(tx: Transaction, before: datetime, *, limit: int) -> int:
    """Delete deliveries that were written before this, the oldest first; returns how many."""
    gone = tx.session.execute(_FORGET, {"before": before, "limit": limit})
    return int(gone.scalar_one())


def forget_endpoints(tx: Transaction, before: datetime) -> None:
    """Delete endpoints that were deleted before this and have no log any more."""
    tx.session.execute(_FORGET_ENDPOINTS, {"before": before})


def _changed(
    tx: Transaction, statement: TextClause, claimed: ClaimedDelivery, **values: datetime
) -> bool:
    asked = {"id": claimed.id, "attempt": claimed.attempt, **values}
    return tx.session.execute(statement, asked).first() is not None


def _record(row: DeliveryRow) -> DeliveryRecord:
    return DeliveryRecord(
        id=row.id,
        endpoint_id=row.endpoint_id,
        event_id=row.event_id,
        type=row.type,
        created_at=row.created_at,
        next_attempt_at=row.next_attempt_at,
        sent_at=row.sent_at,
        failed_at=row.failed_at,
    )
