"""Checks of sellers, as the history of their verification names them."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from souk.core.unit_of_work import Transaction
from souk.modules.sellers.domain.standing import Aspect, Mover, Verification
from souk.modules.sellers.models import SellerHistoryRow, SellerRow

_REFERENCE = SellerHistoryRow.evidence["reference"].astext
_OF_VERIFICATION = SellerHistoryRow.aspect == Aspect.VERIFICATION.value


def find_newest(tx: Transaction, seller_id: str) -> str | None:
    """The check that the newest step of a store's verification belongs to; `None` when people have
    decided since."""
    return _newest(tx, seller_id).reference


def has_decided(tx: Transaction, seller_id: str) -> bool:
    """Whether the state of a store's verification is what a check has found."""
    newest = _newest(tx, seller_id)
    return newest.mover is Mover.SYSTEM and newest.reference is not None


class _Step(NamedTuple):
    mover: Mover
    reference: str | None


def _newest(tx: Transaction, seller_id: str) -> _Step:
    mover, reference = tx.session.execute(
        select(SellerHistoryRow.mover, _REFERENCE)
        .where(SellerHistoryRow.seller_id == seller_id, _OF_VERIFICATION)
        .order_by(SellerHistoryRow.sequence.desc())
        .limit(1)
    ).one()
    return _Step(Mover(mover), reference)


def list_waiting(tx: Transaction, *, since: datetime) -> Sequence[str]:
    """The checks of all stores in review that have begun since then."""
    newest = (
        select(SellerRow.id, _REFERENCE.label("reference"), SellerHistoryRow.occurred_at)
        .join(SellerHistoryRow, SellerHistoryRow.seller_id == SellerRow.id)
        .where(SellerRow.verification == Verification.PENDING.value, _OF_VERIFICATION)
        .distinct(SellerRow.id)
        .order_by(SellerRow.id, SellerHistoryRow.sequence.desc())
        .subquery()
    )
    return tx.session.scalars(
        select(newest.c.reference).where(
            newest.c.occurred_at >= since, newest.c.reference.is_not(None)
        )
    ).all()
