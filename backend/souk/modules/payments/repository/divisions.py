"""How what names no order fell to the legs of an attempt."""

import json
from collections.abc import Mapping

from sqlalchemy import text

from souk.core.unit_of_work import Transaction
from souk.modules.payments.domain import Division, Shares

_OF_LEG = text("SELECT divisions FROM payment_attempt_leg WHERE id = :leg_id")
_OF_ATTEMPT = text(
    "SELECT divisions FROM payment_attempt_leg WHERE attempt_id = :attempt_id LIMIT 1"
)
_DIVIDE = text(
    """
    UPDATE payment_attempt_leg AS leg
    SET divisions = leg.divisions || CAST(:added AS jsonb)
    FROM payment_attempt_leg AS this
    WHERE this.id = :leg_id AND leg.attempt_id = this.attempt_id
    """
)


def divide(tx: Transaction, leg_id: str, division: Division) -> bool:
    """Store with all legs of an attempt how a movement falls to them, unless that is known; `False`
    when it is known to be otherwise, or was made without knowing of another. The payment is
    locked."""
    known = tx.session.execute(_OF_LEG, {"leg_id": leg_id}).scalar_one()
    if not division.holds(known):
        return False
    if division.movement not in known:
        added = json.dumps({division.movement: dict(division.shares)})
        tx.session.execute(_DIVIDE, {"leg_id": leg_id, "added": added})
    return True


def of_attempt(tx: Transaction, attempt_id: str) -> Mapping[str, Shares]:
    """How each movement that was divided fell to the legs of an attempt; nothing for a
    stranger's."""
    found: Mapping[str, Shares] | None = tx.session.scalars(
        _OF_ATTEMPT, {"attempt_id": attempt_id}
    ).one_or_none()
    return found or {}
