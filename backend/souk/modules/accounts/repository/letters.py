"""Every statement about sending letters."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from souk.core.unit_of_work import Transaction

# Longer than a mail server takes; should it ever not be, the same letter is sent twice.
_LEASE = timedelta(minutes=2)

# What is used or too old is of no use to anybody. What was never tried comes first: it must not
# wait for what may never be taken. Materialized, because a plan that ran the subquery again would
# take more than one.
_CLAIM = text(
    """
    WITH due AS MATERIALIZED (
        SELECT id FROM email_challenge
        WHERE seed IS NOT NULL AND next_attempt_at <= :now
          AND consumed_at IS NULL AND expires_at > :now
        ORDER BY sends > 0, next_attempt_at LIMIT 1
        FOR UPDATE SKIP LOCKED)
    UPDATE email_challenge AS letter SET next_attempt_at = :until, sends = sends + 1
    FROM due WHERE letter.id = due.id
    RETURNING letter.id, letter.address, letter.seed, letter.sends, letter.account_id,
        (SELECT holder.account_id FROM email_address AS holder
         WHERE holder.address = letter.address) AS holder_id
    """
)
_SENT = text(
    "UPDATE email_challenge SET sent_at = :now, seed = NULL WHERE id = :id AND sends = :sends"
)
_POSTPONED = text(
    "UPDATE email_challenge SET next_attempt_at = :at, send_failed_at = :now"
    " WHERE id = :id AND sends = :sends"
)


@dataclass(frozen=True, slots=True)
class ClaimedLetter:
    """A letter that is to be sent now. `asked_by` is the account that the address is to be added
    to, if any, and `held_by` the one that it signs in to."""

    challenge_id: str
    address: str
    seed: bytes
    sends: int
    asked_by: str | None
    held_by: str | None


def claim(tx: Transaction) -> ClaimedLetter | None:
    """Take the letter in hand that has been due for longest, of those never tried if there are any;
    nobody else does for a while."""
    row = tx.session.execute(_CLAIM, {"now": tx.now, "until": tx.now + _LEASE}).one_or_none()
    if row is None:
        return None
    seed = bytes(row.seed)
    return ClaimedLetter(row.id, row.address, seed, row.sends, row.account_id, row.holder_id)


def mark_sent(tx: Transaction, letter: ClaimedLetter) -> None:
    """It need not be sent again; nothing changes when somebody else has it in hand by now."""
    asked = {"id": letter.challenge_id, "sends": letter.sends, "now": tx.now}
    tx.session.execute(_SENT, asked)


def postpone(tx: Transaction, letter: ClaimedLetter, until: datetime) -> None:
    """It could not be sent; nothing changes when somebody else has it in hand by now."""
    asked = {"id": letter.challenge_id, "sends": letter.sends, "now": tx.now, "at": until}
    tx.session.execute(_POSTPONED, asked)
