"""How what names no order fell to the legs of an attempt."""

import json

from sqlalchemy import text

from souk.core.unit_of_work import Transaction
from souk.modules.payments.domain import Division

_DIVIDE = text(
    """
    UPDATE payment_attempt_leg AS leg
    SET divisions = leg.divisions || jsonb_build_object(:movement, CAST(:shares AS jsonb))
    FROM payment_attempt_leg AS this
    WHERE this.id = :leg_id AND leg.attempt_id = this.attempt_id
      AND NOT jsonb_exists(leg.divisions, :movement)
    """
)
_DIVIDED = text("SELECT divisions -> :movement FROM payment_attempt_leg WHERE id = :leg_id")


def divide(tx: Transaction, leg_id: str, division: Division) -> bool:
    """Store how a movement falls to the legs of an attempt, unless that is known; whether it is
    this division that holds. The payment is locked."""
    asked = {"leg_id": leg_id, "movement": division.movement}
    tx.session.execute(_DIVIDE, {**asked, "shares": json.dumps(dict(division.shares))})
    return bool(tx.session.execute(_DIVIDED, asked).scalar_one() == division.shares)
