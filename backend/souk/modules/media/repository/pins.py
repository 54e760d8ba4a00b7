"""Which blocks who keeps."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Select, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from souk.core.db import table_of
from souk.core.unit_of_work import Transaction
from souk.modules.media.domain import Cid, DuePin, Pinned
from souk.modules.media.models import PinRow
from souk.modules.media.repository.keeping import kept_blocks

_PIN = table_of(PinRow)
_FILED = ("cid", "target", "attempts", "next_attempt_at", "wanted_at")


def want(tx: Transaction, targets: Collection[str], cids: Collection[Cid]) -> None:
    """Have these targets keep these blocks. One that was asked before is not asked again."""
    row = {"attempts": 0, "next_attempt_at": tx.now, "wanted_at": tx.now}
    rows = [{"cid": cid, "target": target, **row} for cid in cids for target in targets]
    if rows:
        tx.session.execute(insert(PinRow).values(rows).on_conflict_do_nothing())


def enrol(tx: Transaction, target: str, limit: int) -> int:
    """Have a target keep what it was not asked to yet; how many blocks that is, at most `limit`."""
    kept = kept_blocks()
    known = select(PinRow.cid).where(PinRow.cid == kept.c.cid, PinRow.target == target)
    missing = (
        select(kept.c.cid, literal(target), literal(0), literal(tx.now), literal(tx.now))
        .where(~known.exists())
        .distinct()
        .limit(limit)
    )
    statement = (
        insert(PinRow).from_select(_FILED, missing).on_conflict_do_nothing().returning(_PIN.c.cid)
    )
    return len(tx.session.execute(statement).all())


def claim_due(
    tx: Transaction, targets: Collection[str], *, until: datetime, limit: int
) -> Sequence[DuePin]:
    """What is to be looked at now; nobody else claims it until then."""
    due = (
        select(PinRow)
        .where(PinRow.target.in_(targets), PinRow.next_attempt_at <= tx.now)
        .order_by(PinRow.next_attempt_at)
        .limit(limit)
    )
    return _claimed(tx, due, until)


def claim_of(
    tx: Transaction, cid: Cid, targets: Collection[str], *, until: datetime
) -> Sequence[DuePin]:
    """One block at these targets, whether or not it is to be looked at now. Whoever claimed it
    before us may be at it still, which does no harm."""
    want(tx, targets, [cid])
    mine = select(PinRow).where(PinRow.cid == cid, PinRow.target.in_(targets))
    return _claimed(tx, mine.order_by(PinRow.target), until)


def _claimed(tx: Transaction, due: Select[tuple[PinRow]], until: datetime) -> Sequence[DuePin]:
    rows = tx.session.scalars(due.with_for_update(skip_locked=True)).all()
    for row in rows:
        row.attempts += 1
        row.next_attempt_at = until
    tx.session.flush()
    return [
        DuePin(Cid(row.cid), row.target, row.attempts, was_kept=row.verified_at is not None)
        for row in rows
    ]


def note_kept(tx: Transaction, pin: DuePin, *, again_at: datetime) -> bool:
    """Its bytes were read back. Whether anybody wants it kept still."""
    seen = {"verified_at": tx.now, "wanted_at": None, "error": None}
    return _note(tx, pin, attempts=0, next_attempt_at=again_at, **seen)


def note_failed(tx: Transaction, pin: DuePin, error: str, *, again_at: datetime) -> None:
    """It is not known to be kept any more, and is tried again."""
    since = func.coalesce(PinRow.wanted_at, tx.now)
    seen = {"verified_at": None, "wanted_at": since, "error": error}
    _note(tx, pin, next_attempt_at=again_at, **seen)


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


def _note(tx: Transaction, pin: DuePin, **values: object) -> bool:
    noted = tx.session.execute(
        update(PinRow)
        .where(PinRow.cid == pin.cid, PinRow.target == pin.target)
        .values(**values)
        .returning(PinRow.cid)
    )
    return noted.first() is not None
