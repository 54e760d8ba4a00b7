"""Legs to be computed anew."""

from sqlalchemy import select

from souk.core.unit_of_work import Transaction
from souk.modules.payments.models import PaymentAttemptLegRow


def list_ids_on_chain(tx: Transaction, chain_id: int, *, after: str, limit: int) -> list[str]:
    """The ids of legs on a chain, in their order."""
    row = PaymentAttemptLegRow
    found = tx.session.scalars(
        select(row.id).where(row.chain_id == chain_id, row.id > after).order_by(row.id).limit(limit)
    )
    return list(found)
