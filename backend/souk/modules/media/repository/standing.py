"""How pictures stand, in numbers."""

from sqlalchemy import case, func, select

from souk.core.unit_of_work import Transaction
from souk.modules.media.domain import ImageCounts, PinCounts, TargetCounts
from souk.modules.media.models import ImageRow, LeavingRow, PinRow, VariantRow
from souk.modules.media.repository.keeping import is_used


def count_images(tx: Transaction) -> ImageCounts:
    """Pictures by what became of them."""
    state = case(
        (ImageRow.deleted_at.is_(None), "shown"),
        (ImageRow.collected_at.is_not(None), "collected"),
        (is_used(), "sold"),
        else_="deleted",
    )
    found = dict(tx.session.execute(select(state, func.count()).group_by(state)).tuples().all())
    return ImageCounts(**{name: found.get(name, 0) for name in ImageCounts.names()})


def sum_bytes(tx: Transaction) -> tuple[int, int]:
    """How many blocks are held, and how many bytes they have."""
    held = (
        select(VariantRow.cid, func.max(VariantRow.size).label("size"))
        .join(ImageRow, ImageRow.id == VariantRow.image_id)
        .where(ImageRow.collected_at.is_(None))
        .group_by(VariantRow.cid)
        .subquery()
    )
    counted = select(func.count(), func.coalesce(func.sum(held.c.size), 0))
    blocks, size = tx.session.execute(counted.select_from(held)).one()
    return int(blocks), int(size)


def count_pins(tx: Transaction) -> list[TargetCounts]:
    """How far each target is."""
    kept, failed = PinRow.verified_at.is_not(None), PinRow.error.is_not(None)
    rows = tx.session.execute(
        select(
            PinRow.target,
            func.count().filter(kept),
            func.count().filter(~kept, ~failed),
            func.count().filter(~kept, failed),
            func.min(PinRow.wanted_at),
        )
        .group_by(PinRow.target)
        .order_by(PinRow.target)
    )
    return [TargetCounts(*row) for row in rows]


def count_not_kept(tx: Transaction) -> PinCounts:
    """Found by what waits alone, which is little."""
    failed = PinRow.error.is_not(None)
    counted = select(func.count().filter(failed), func.count().filter(~failed))
    return PinCounts(*tx.session.execute(counted.where(PinRow.wanted_at.is_not(None))).one())


def count_leaving(tx: Transaction) -> int:
    """Blocks that are to go and are still somewhere."""
    statement = select(func.count()).where(LeavingRow.gone_at.is_(None))
    return tx.session.execute(statement).scalar_one()
