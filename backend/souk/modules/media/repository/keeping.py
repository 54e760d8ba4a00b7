"""Which pictures are kept, and which blocks for their sake."""

from collections.abc import Collection, Mapping

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Subquery,
    Text,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    text,
    union_all,
)

from souk.core.unit_of_work import Transaction
from souk.modules.media.domain import SOLD, Cid, Purpose, UseKind
from souk.modules.media.models import ImageRow, SealedRow, UseRow, VariantRow

_PAGE = 200


def is_kept() -> ColumnElement[bool]:
    """Whether a picture is not deleted, or somebody has bought what it shows."""
    return or_(ImageRow.deleted_at.is_(None), is_used())


def is_sealed() -> ColumnElement[bool]:
    """Whether only some may see a picture."""
    return ImageRow.purpose.in_([one for one in Purpose if one.is_sealed])


def is_used() -> ColumnElement[bool]:
    """Whether a picture is shown anywhere, or was to who bought."""
    return exists().where(UseRow.image_id == ImageRow.id)


_KEEP_SHOWN = text(
    """
    INSERT INTO image_use (subject_id, kind, position, image_id, alt_text)
    SELECT line.id, :sold, used.position, used.image_id, used.alt_text
    FROM unnest(:lines, :listings) AS line(id, listing_id)
    JOIN image_use AS used ON used.subject_id = line.listing_id AND used.kind = :listing
    """
).bindparams(
    bindparam("lines", type_=ARRAY(Text)),
    bindparam("listings", type_=ARRAY(Text)),
    sold=SOLD,
    listing=UseKind.LISTING.value,
)


def keep_shown(tx: Transaction, lines: Mapping[str, str]) -> None:
    """Have lines of orders, by their ids, keep what their listings show now."""
    values = {"lines": list(lines), "listings": list(lines.values())}
    tx.session.execute(_KEEP_SHOWN, values)


def forget_shown(tx: Transaction, lines: Collection[str]) -> None:
    """Have lines of orders, by their ids, keep nothing any more."""
    statement = delete(UseRow).where(UseRow.kind == SOLD, UseRow.subject_id.in_(lines))
    tx.session.execute(statement)


def kept_blocks() -> Subquery:
    """The CIDs of what is to be kept here and at every target, some of them several times: of
    pictures, and of documents that are sealed."""
    files = select(VariantRow.cid).join(ImageRow, ImageRow.id == VariantRow.image_id)
    return union_all(files.where(is_kept()), select(SealedRow.cid)).subquery()


def is_kept_block(tx: Transaction, cid: Cid) -> bool:
    """Whether a block is one of those."""
    kept = kept_blocks()
    found = select(exists().where(kept.c.cid == cid))
    return tx.session.execute(found).scalar_one()


def list_blocks(tx: Transaction, *, after: str = "") -> list[Cid]:
    """The next ones of those, in their order."""
    kept = kept_blocks()
    statement = select(kept.c.cid).where(kept.c.cid > after).distinct()
    return list(map(Cid, tx.session.scalars(statement.order_by(kept.c.cid).limit(_PAGE))))


def count_blocks(tx: Transaction) -> int:
    """How many there are."""
    kept = kept_blocks()
    return tx.session.execute(select(func.count(kept.c.cid.distinct()))).scalar_one()
