"""Rows of the keeper."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from souk.core.unit_of_work import Transaction
from souk.modules.trade.models import KeeperRequestRow


@dataclass(frozen=True, slots=True)
class KeeperRequest:
    """Under which intent a leg is being settled, and how often it was tried."""

    leg_id: str
    action: str
    intent: str
    attempt: int


def lock_requests(tx: Transaction, leg_ids: Sequence[str]) -> dict[str, KeeperRequest]:
    """The requests there are for these legs, by leg id."""
    rows = tx.session.execute(
        select(KeeperRequestRow)
        .where(KeeperRequestRow.leg_id.in_(leg_ids))
        .order_by(KeeperRequestRow.leg_id)
        .with_for_update()
    ).scalars()
    return {r.leg_id: KeeperRequest(r.leg_id, r.action, r.intent, r.attempt) for r in rows}


def put_request(tx: Transaction, request: KeeperRequest) -> None:
    """Store or replace the request of one leg."""
    values = {
        "action": request.action,
        "intent": request.intent,
        "attempt": request.attempt,
        "requested_at": tx.now,
    }
    tx.session.execute(
        insert(KeeperRequestRow)
        .values(leg_id=request.leg_id, **values)
        .on_conflict_do_update(index_elements=["leg_id"], set_=values)
    )
