"""Which blocks who keeps."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from souk.core.db import table_of
from souk.core.unit_of_work import Transaction
from souk.modules.media.domain import Cid, DuePin, PinCounts, Pinned
from souk.modules.media.models import ImageRow, PinRow, VariantRow

_PIN = table_of(PinRow)


def enrol(tx: Transaction, target: str, limit: int) -> int:
    """Have a target keep what it was not asked to yet; how many blocks that is, at most `limit`."""
    known = select(PinRow.cid).where(PinRow.cid == VariantRow.cid, PinRow.target == target)
    missing = (
        select(VariantRow.cid, literal(target), literal(0), literal(tx.now))
        .join(ImageRow, ImageRow.id == VariantRow.image_id)
        .where(ImageRow.deleted_at.is_(None), ~known.exists())
        .distinct()
        .limit(limit)
    )
    statement = (
        insert(PinRow)
        .from_select(["cid", "target", "attempts", "next_attempt_at"], missing)
        .on_conflict_do_nothing()
        .returning(_PIN.c.cid)
    )
    return len(tx.session.execute(statement).all())


def claim_due(
    tx: Transaction, targets: Collection[str], *, until: datetime, limit: int
) -> Sequence[DuePin]:
    """What is to be looked at now; nobody else claims it until then."""
    rows = tx.session.scalars(
        select(PinRow)
        .where(PinRow.target.in_(targets), PinRow.next_attempt_at <= tx.now)
        .order_by(PinRow.next_attempt_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.attempts += 1
        row.next_attempt_at = until
    tx.session.flush()
    return [
        DuePin(Cid(row.cid), row.target, row.attempts, was_kept=row.verified_at is not None)
        for row in rows
    ]


def note_kept(tx: Transaction, pin: DuePin, *, again_at: datetime) -> None:
    """Its bytes were read back."""
    _note(tx, pin, attempts=0, verified_at=tx.now, error=None, next_attempt_at=again_at)


def note_failed(tx: Transaction, pin: DuePin, error: str, *, again_at: datetime) -> None:
    """It is not known to be kept any more, and is tried again."""
    _note(tx, pin, verified_at=None, error=error, next_attempt_at=again_at)


def count_not_kept(tx: Transaction) -> PinCounts:
    """At all targets together."""
    statement = select(
        func.count().filter(PinRow.error.is_not(None)), func.count().filter(PinRow.error.is_(None))
    ).where(PinRow.verified_at.is_(None))
    return PinCounts(*tx.session.execute(statement).tuples().one())


def pinned(tx: Transaction, cids: Collection[Cid]) -> Pinned:
    """How it stands with all of these together."""
    rows = tx.session.execute(
        select(PinRow.cid, func.bool_and(PinRow.verified_at.is_not(None)), func.max(PinRow.error))
        .where(PinRow.cid.in_(cids))
        .group_by(PinRow.cid)
    ).all()
    if any(error is not None for _, _, error in rows):
        return Pinned.FAILED
    whole = len(rows) == len(cids) and all(kept for _, kept, _ in rows)
    return Pinned.PINNED if whole else Pinned.PENDING


def _note(tx: Transaction, pin: DuePin, **values: object) -> None:
    tx.session.execute(
        update(PinRow).where(PinRow.cid == pin.cid, PinRow.target == pin.target).values(**values)
    )
