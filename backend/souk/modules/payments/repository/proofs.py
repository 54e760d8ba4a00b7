"""Which of the contract's escrows are ours."""

from sqlalchemy import select

from souk.core.unit_of_work import Transaction
from souk.modules.payments.models import PaymentAttemptLegRow


def is_ours(tx: Transaction, *, chain_id: int, contract: str, escrow_id: str) -> bool:
    """Whether a leg of ours is paid into this escrow."""
    row = PaymentAttemptLegRow
    found = tx.session.scalar(
        select(row.id).where(
            row.chain_id == chain_id, row.contract == contract, row.escrow_id == escrow_id
        )
    )
    return found is not None
