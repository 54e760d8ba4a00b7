"""Pictures whose time is over, and the blocks that go with them."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Select, SQLColumnExpression, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from souk.core.unit_of_work import Transaction
from souk.modules.media.domain import Back, Cid, Leaving
from souk.modules.media.models import ImageRow, LeavingRow, PinRow, VariantRow
from souk.modules.media.repository.keeping import is_kept_block, is_used

_KEY = func.hashtextextended("which blocks are kept", 0)


def wait_for_decisions(tx: Transaction) -> None:
    """From here to the end of the transaction nothing decides that a block goes. Several that add
    pictures do not wait for each other."""
    tx.session.execute(select(func.pg_advisory_xact_lock_shared(_KEY)))


def give_up(tx: Transaction, *, deleted_before: datetime, limit: int) -> int:
    """Give up pictures that were deleted before then and that nobody has bought, and have those of
    their blocks go that no other picture has. How many pictures that were, at most `limit`."""
    tx.session.execute(select(func.pg_advisory_xact_lock(_KEY)))
    image_ids = tx.session.scalars(_over(deleted_before, limit)).all()
    tx.session.execute(
        update(ImageRow).where(ImageRow.id.in_(image_ids)).values(collected_at=tx.now)
    )
    left = tx.session.scalars(_unheld(image_ids)).all()
    _begin(tx, left)
    return len(image_ids)


def leave_again(tx: Transaction, cid: Cid) -> bool:
    """Have a block go that has come back and that no picture and no document has; whether it
    goes. Whoever has it leased notes nothing any more."""
    tx.session.execute(select(func.pg_advisory_xact_lock(_KEY)))
    if is_kept_block(tx, cid) or tx.session.execute(select(_holders(cid).exists())).scalar_one():
        return False
    row = {"cid": cid, "attempts": 0, "next_attempt_at": tx.now, "leased": False, "gone_at": None}
    again = {"attempts": LeavingRow.attempts + 1, "gone_at": None}
    statement = insert(LeavingRow).values(row)
    tx.session.execute(statement.on_conflict_do_update(index_elements=["cid"], set_=again))
    return True


def _over(deleted_before: datetime, limit: int) -> Select[tuple[str]]:
    return (
        select(ImageRow.id)
        .where(ImageRow.deleted_at < deleted_before, ImageRow.collected_at.is_(None), ~is_used())
        .order_by(ImageRow.deleted_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )


def _unheld(image_ids: Sequence[str]) -> Select[tuple[str]]:
    """Their blocks without those that a picture has which was not given up."""
    held = _holders(VariantRow.cid).exists()
    own = select(VariantRow.cid).where(VariantRow.image_id.in_(image_ids), ~held)
    return own.distinct()


def _holders(cid: SQLColumnExpression[str] | Cid) -> Select[tuple[str]]:
    """The pictures that have a block and were not given up."""
    other = aliased(VariantRow)
    joined = select(ImageRow.id).join(other, ImageRow.id == other.image_id)
    return joined.where(other.cid == cid, ImageRow.collected_at.is_(None))


def _begin(tx: Transaction, cids: Sequence[str]) -> None:
    if not cids:
        return
    row = {"attempts": 0, "next_attempt_at": tx.now, "leased": False, "gone_at": None}
    statement = insert(LeavingRow).values([{"cid": cid, **row} for cid in cids])
    tx.session.execute(statement.on_conflict_do_update(index_elements=["cid"], set_=row))
    tx.session.execute(delete(PinRow).where(PinRow.cid.in_(cids)))


def claim(tx: Transaction, *, until: datetime) -> Leaving | None:
    """A block that is to go now; nobody else claims it until then, and nobody gets it back."""
    row = tx.session.scalars(
        select(LeavingRow)
        .where(LeavingRow.gone_at.is_(None), LeavingRow.next_attempt_at <= tx.now)
        .order_by(LeavingRow.next_attempt_at, LeavingRow.cid)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None:
        return None
    row.attempts, row.leased, row.next_attempt_at = row.attempts + 1, True, until
    tx.session.flush()
    return Leaving(Cid(row.cid), row.attempts)


def note_gone(tx: Transaction, leaving: Leaving) -> None:
    """Its bytes are nowhere any more that we know of."""
    _note(tx, leaving, gone_at=tx.now, error=None)


def note_stayed(tx: Transaction, leaving: Leaving, error: str, *, again_at: datetime) -> None:
    """Somebody has it still."""
    _note(tx, leaving, error=error, next_attempt_at=again_at)


def _note(tx: Transaction, leaving: Leaving, **values: object) -> None:
    mine = (LeavingRow.cid == leaving.cid, LeavingRow.attempts == leaving.attempts)
    tx.session.execute(update(LeavingRow).where(*mine).values(leased=False, **values))


def get_back(tx: Transaction, cids: Collection[Cid]) -> Back:
    """Have these stay, unless one is just being taken away: then all go once more, as they may have
    been stored after that."""
    rows = tx.session.scalars(
        select(LeavingRow)
        .where(LeavingRow.cid.in_(cids))
        .order_by(LeavingRow.cid)
        .with_for_update()
    ).all()
    if any(row.leased and row.next_attempt_at > tx.now for row in rows):
        for row in rows:
            # Whoever has it leased notes nothing any more.
            row.attempts, row.gone_at = row.attempts + 1, None
        tx.session.flush()
        return Back.LATER
    for row in rows:
        tx.session.delete(row)
    tx.session.flush()
    return Back.AGAIN if rows else Back.FREE
