"""Letters to sellers who have lost a name: written down, taken in hand, sent."""

from datetime import datetime, timedelta

from sqlalchemy import TextClause, text
from sqlalchemy.dialects.postgresql import insert

from souk.core.db import InstantColumn
from souk.core.unit_of_work import Transaction
from souk.modules.names.domain import EnsName, Fault, Notice
from souk.modules.names.models import NoticeRow

LEASE = timedelta(minutes=5)
"""Longer than a mail server may take for one letter, so that no two are sent at once."""

_CLAIM = text(
    """
    WITH due AS MATERIALIZED (
        SELECT event_id FROM ens_notices
        WHERE sent_at IS NULL AND next_attempt_at <= :now
        ORDER BY next_attempt_at, event_id LIMIT 1
        FOR UPDATE SKIP LOCKED)
    UPDATE ens_notices AS mine SET next_attempt_at = :until, attempts = mine.attempts + 1
    FROM due WHERE mine.event_id = due.event_id
    RETURNING mine.event_id, mine.seller_id, mine.account_id, mine.name, mine.reason,
              mine.payout_frozen_until, mine.attempts
    """
).columns(payout_frozen_until=InstantColumn())
# Whoever was slower than its lease must not change what the next one has found out.
_SENT = text(
    "UPDATE ens_notices SET sent_at = :at WHERE event_id = :id AND attempts = :attempts"
    " AND sent_at IS NULL"
)
_POSTPONED = text(
    "UPDATE ens_notices SET next_attempt_at = :at WHERE event_id = :id AND attempts = :attempts"
    " AND sent_at IS NULL"
)


def add(tx: Transaction, event_id: str, notice: Notice) -> None:
    """A letter that is due now; nothing when there is one about this event."""
    tx.session.execute(
        insert(NoticeRow)
        .values(
            event_id=event_id,
            seller_id=notice.seller_id,
            account_id=notice.account_id,
            name=notice.name,
            reason=notice.reason.value,
            payout_frozen_until=notice.payout_frozen_until,
            created_at=tx.now,
            next_attempt_at=tx.now,
            attempts=0,
        )
        .on_conflict_do_nothing(index_elements=["event_id"])
    )


def claim(tx: Transaction) -> tuple[str, int, Notice] | None:
    """Take a letter in hand that is due: of which event, at which attempt, and what about."""
    row = tx.session.execute(_CLAIM, {"now": tx.now, "until": tx.now + LEASE}).one_or_none()
    if row is None:
        return None
    notice = Notice(
        seller_id=row.seller_id,
        account_id=row.account_id,
        name=EnsName(row.name),
        reason=Fault(row.reason),
        payout_frozen_until=row.payout_frozen_until,
    )
    return row.event_id, row.attempts, notice


def mark_sent(tx: Transaction, event_id: str, attempt: int) -> None:
    """It is with the mail server, or there is nobody to send it to."""
    _mark(tx, _SENT, event_id, attempt, tx.now)


def postpone(tx: Transaction, event_id: str, attempt: int, until: datetime) -> None:
    """It is due again then."""
    _mark(tx, _POSTPONED, event_id, attempt, until)


def _mark(tx: Transaction, what: TextClause, event_id: str, attempt: int, at: datetime) -> None:
    tx.session.execute(what, {"id": event_id, "attempts": attempt, "at": at})
