"""Rows of the keeper."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert

from souk.core.unit_of_work import Transaction
from souk.modules.trade.models import KeeperRequestRow


@dataclass(frozen=True, slots=True)
class KeeperRequest:
    """Under which intent a leg is being settled, how often it was tried, and when last."""

    leg_id: str
    action: str
    intent: str
    attempt: int
    requested_at: datetime


def find_requests(tx: Transaction, leg_ids: Sequence[str]) -> dict[str, KeeperRequest]:
    """The requests there are for these legs, by leg id."""
    return _requests(tx, _of_legs(leg_ids))


def lock_requests(tx: Transaction, leg_ids: Sequence[str]) -> dict[str, KeeperRequest]:
    """The same, locked in order of leg id until the transaction ends."""
    return _requests(tx, _of_legs(leg_ids).with_for_update())


def _of_legs(leg_ids: Sequence[str]) -> Select[tuple[KeeperRequestRow]]:
    return (
        select(KeeperRequestRow)
        .where(KeeperRequestRow.leg_id.in_(leg_ids))
        .order_by(KeeperRequestRow.leg_id)
        .execution_options(populate_existing=True)
    )


def _requests(tx: Transaction, query: Select[tuple[KeeperRequestRow]]) -> dict[str, KeeperRequest]:
    return {
        row.leg_id: KeeperRequest(row.leg_id, row.action, row.intent, row.attempt, row.requested_at)
        for row in tx.session.execute(query).scalars()
    }


def put_request(tx: Transaction, leg_id: str, *, action: str, intent: str, attempt: int) -> None:
    """Store or replace the request of one leg, as of now."""
    values = {
        "action": action,
        "intent": intent,
        "attempt": attempt,
        "requested_at": tx.now,
    }
    tx.session.execute(
        insert(KeeperRequestRow)
        .values(leg_id=leg_id, **values)
        .on_conflict_do_update(index_elements=["leg_id"], set_=values)
    )
