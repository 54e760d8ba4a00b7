"""Attempts whose payer has handed in a transaction, and what is remembered of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import delete, text

from souk.core.addresses import Address
from souk.core.money import Asset
from souk.core.unit_of_work import Transaction
from souk.modules.payments.domain.following import Trail
from souk.modules.payments.models import PaymentTrailRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """An attempt that was sent, as its payer says, by a transaction; `refs` are those of the orders
    that it pays, `trail` is `None` when nobody has looked for the transaction yet."""

    attempt_id: str
    payment_id: str
    transaction_hash: str
    asset: Asset
    refs: tuple[str, ...]
    trail: Trail | None


# Another transaction that was handed in meanwhile begins anew, so its trail is not the old one's.
_SUBMITTED = text(
    """
    SELECT attempt.id, attempt.payment_id, attempt.transaction_hash, attempt.asset,
        attempt.asset_exponent, attempt.asset_symbol, trail.sender, trail.nonce, trail.known_at,
        ARRAY(SELECT leg.ref FROM payment_attempt_leg AS leg WHERE leg.attempt_id = attempt.id)
            AS refs
    FROM payment_attempt AS attempt
    LEFT JOIN payment_trail AS trail
      ON trail.attempt_id = attempt.id AND trail.transaction_hash = attempt.transaction_hash
    WHERE attempt.chain_id = :chain_id AND attempt.status = 'submitted'
      AND attempt.transaction_hash IS NOT NULL
    ORDER BY trail.looked_at NULLS FIRST, attempt.id LIMIT :limit
    """
)


def list_submitted(tx: Transaction, chain_id: int, *, limit: int) -> list[Submitted]:
    """The attempts of a chain that were sent, those first that were not looked at for longest."""
    rows = tx.session.execute(_SUBMITTED, {"chain_id": chain_id, "limit": limit})
    return [
        Submitted(
            attempt_id=row.id,
            payment_id=row.payment_id,
            transaction_hash=row.transaction_hash,
            asset=Asset(row.asset, row.asset_exponent, row.asset_symbol),
            refs=tuple(row.refs),
            trail=None
            if row.known_at is None
            else Trail(
                sender=None if row.sender is None else Address(row.sender),
                nonce=row.nonce,
                known_at=row.known_at,
            ),
        )
        for row in rows
    ]


_REMEMBER = text(
    """
    INSERT INTO payment_trail (attempt_id, transaction_hash, sender, nonce, known_at, looked_at)
    VALUES (:attempt_id, :transaction_hash, :sender, :nonce, :known_at, :now)
    ON CONFLICT (attempt_id) DO UPDATE SET
        transaction_hash = excluded.transaction_hash, sender = excluded.sender,
        nonce = excluded.nonce, known_at = excluded.known_at, looked_at = excluded.looked_at
    """
)


def remember(tx: Transaction, trails: Mapping[Submitted, Trail]) -> None:
    """Store what is known of the transactions of some attempts, and that they were looked at."""
    # One order for all, so that two workers who write the same trails wait and do not lock up.
    rows = [
        {
            "attempt_id": one.attempt_id,
            "transaction_hash": one.transaction_hash,
            "sender": trail.sender,
            "nonce": trail.nonce,
            "known_at": trail.known_at,
            "now": tx.now,
        }
        for one, trail in sorted(trails.items(), key=lambda pair: pair[0].attempt_id)
    ]
    tx.session.execute(_REMEMBER, rows)


def forget(tx: Transaction, attempt_id: str) -> None:
    """Nothing is followed for this attempt any more."""
    tx.session.execute(delete(PaymentTrailRow).where(PaymentTrailRow.attempt_id == attempt_id))


_FORGET_ENDED = text(
    """
    DELETE FROM payment_trail WHERE attempt_id IN (
        SELECT trail.attempt_id FROM payment_trail AS trail
        WHERE NOT EXISTS (
            SELECT FROM payment_attempt AS attempt
            WHERE attempt.id = trail.attempt_id AND attempt.status = 'submitted')
        FOR UPDATE SKIP LOCKED)
    """
)


def forget_ended(tx: Transaction) -> None:
    """Drop the trails of attempts that something else has moved on, such as the money itself."""
    tx.session.execute(_FORGET_ENDED)
