"""Rates that quotes were based on."""

from sqlalchemy import select

from souk.core.unit_of_work import Transaction
from souk.modules.payments.domain import PastRate, Rate
from souk.modules.payments.models import PaymentAttemptRow


def find_last(tx: Transaction, chain_id: int, source: str) -> PastRate | None:
    """The last rate of a source that was accepted on a chain, and when by the chain's time."""
    row = tx.session.execute(
        select(
            PaymentAttemptRow.rate_amount,
            PaymentAttemptRow.rate_exponent,
            PaymentAttemptRow.quote_issued_at,
        )
        .filter_by(chain_id=chain_id, rate_source=source)
        .order_by(PaymentAttemptRow.quote_issued_at.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    return PastRate(Rate(row.rate_amount, row.rate_exponent, source), row.quote_issued_at)
