"""Pictures, their files, and where they are shown."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Select, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from souk.core.unit_of_work import Transaction
from souk.modules.media.domain import (
    SOLD,
    Cid,
    CleanedImage,
    ImageRecord,
    MediaType,
    Original,
    Purpose,
    StoredFile,
    Use,
    UseKind,
    Variant,
)
from souk.modules.media.errors import ImageNotFound
from souk.modules.media.models import ImageRow, UseRow, VariantRow
from souk.modules.media.repository import pins, sealed
from souk.modules.media.repository.keeping import is_sealed

_PAGE = 50


def lock_account(tx: Transaction, account_id: str) -> None:
    """Waits for its turn: from here to the end of the transaction nothing else adds a picture of
    this account."""
    key = func.hashtextextended(f"images of {account_id}", 0)
    tx.session.execute(select(func.pg_advisory_xact_lock(key)))


def count(tx: Transaction, account_id: str) -> int:
    """How many pictures of an account have bytes here: those that it has, and those that it
    deleted and that were not collected yet."""
    statement = select(func.count()).where(
        ImageRow.account_id == account_id, ImageRow.collected_at.is_(None)
    )
    return tx.session.execute(statement).scalar_one()


def find_same(
    tx: Transaction,
    account_id: str,
    purpose: Purpose,
    original_hash: str,
    cid: Cid | None = None,
) -> ImageRecord | None:
    """The picture that was made of these very bytes before, or of others with the same result."""
    row = tx.session.scalars(
        select(ImageRow)
        .where(
            ImageRow.account_id == account_id,
            ImageRow.purpose == purpose,
            or_(ImageRow.original_hash == original_hash, ImageRow.cid == cid),
            ImageRow.deleted_at.is_(None),
        )
        .order_by(ImageRow.id)
        .limit(1)
    ).one_or_none()
    return None if row is None else _record(tx, row)


def add(
    tx: Transaction,
    account_id: str,
    purpose: Purpose,
    image: CleanedImage,
    original: Original,
    *,
    alt_text: str,
) -> ImageRecord:
    """A new picture with all its files. The caller has locked the account and found no such one."""
    row = ImageRow(
        id=tx.new_id("img"),
        account_id=account_id,
        purpose=purpose,
        original_hash=original.hash,
        original_bytes=original.size,
        form=image.form,
        cid=image.file(Variant.FULL, MediaType.WEBP).cid,
        width=image.width,
        height=image.height,
        animated=image.animated,
        colour=image.colour,
        blurhash=image.blurhash,
        alt_text=alt_text,
        created_at=tx.now,
    )
    tx.session.add(row)
    tx.session.flush()
    files = [
        {
            "image_id": row.id,
            "variant": file.variant,
            "media_type": file.media_type,
            "cid": file.cid,
            "width": file.width,
            "height": file.height,
            "size": len(file.content),
        }
        for file in image.files
    ]
    tx.session.execute(insert(VariantRow), files)
    return _record(tx, row)


def get(tx: Transaction, cid: Cid, *, account_id: str | None) -> ImageRecord:
    """A picture by the CID of any of its files: the account's own if there is one, else anybody's
    that is not sealed. Raises `ImageNotFound`."""
    own = ImageRow.account_id == account_id
    row = tx.session.scalars(
        _named(cid).where(or_(own, ~is_sealed())).order_by(own.desc(), ImageRow.id).limit(1)
    ).one_or_none()
    if row is None:
        raise ImageNotFound
    return _record(tx, row)


def list_page(
    tx: Transaction, *, after: str, account_id: str | None, subject_ids: Sequence[str]
) -> Sequence[ImageRecord]:
    """The next pictures that are neither deleted nor sealed, by their ids: the account's own and
    those that are shown there, or without an account everybody's."""
    alive = ImageRow.deleted_at.is_(None)
    statement = select(ImageRow).where(ImageRow.id > after, alive, ~is_sealed())
    if account_id is not None:
        shown = select(UseRow.image_id).where(UseRow.subject_id.in_(subject_ids))
        theirs = or_(ImageRow.account_id == account_id, ImageRow.id.in_(shown))
        statement = statement.where(theirs)
    rows = tx.session.scalars(statement.order_by(ImageRow.id).limit(_PAGE))
    return [_record(tx, row) for row in rows]


def lock_own(tx: Transaction, cid: Cid, account_id: str) -> Sequence[ImageRow]:
    """The account's pictures that have a file of this CID, one for each purpose. Raises
    `ImageNotFound`."""
    own = _named(cid).where(ImageRow.account_id == account_id).order_by(ImageRow.id)
    rows = tx.session.scalars(own.with_for_update()).all()
    if not rows:
        raise ImageNotFound
    return rows


def list_uses(tx: Transaction, image_ids: Sequence[str]) -> Sequence[Use]:
    """Where pictures are shown, which is not where orders keep them."""
    rows = tx.session.scalars(
        select(UseRow)
        .where(UseRow.image_id.in_(image_ids), UseRow.kind != SOLD)
        .order_by(UseRow.kind, UseRow.subject_id, UseRow.position)
    )
    return [Use(UseKind(row.kind), row.subject_id, row.position, row.alt_text) for row in rows]


def lock_showable(
    tx: Transaction, cids: Collection[Cid], purpose: Purpose, *, account_id: str, subject_id: str
) -> Mapping[Cid, str]:
    """The ids of those of these pictures that the account may show there: its own, and what is
    shown there already. None of them is deleted before the transaction ends."""
    shown = select(UseRow.image_id).where(UseRow.subject_id == subject_id)
    rows = tx.session.scalars(
        select(ImageRow)
        .where(
            ImageRow.cid.in_(cids),
            ImageRow.purpose == purpose,
            ImageRow.deleted_at.is_(None),
            or_(ImageRow.account_id == account_id, ImageRow.id.in_(shown)),
        )
        .order_by(ImageRow.id)
        .with_for_update()
    )
    return {Cid(row.cid): row.id for row in rows}


def replace_uses(
    tx: Transaction, kind: UseKind, subject_id: str, shown: Sequence[tuple[str, str]]
) -> None:
    """Show these pictures there, by their ids, each with what it shows, and no others."""
    tx.session.execute(delete(UseRow).where(UseRow.subject_id == subject_id, UseRow.kind == kind))
    there = {"subject_id": subject_id, "kind": kind}
    rows = [
        {**there, "position": position, "image_id": image_id, "alt_text": alt_text}
        for position, (image_id, alt_text) in enumerate(shown)
    ]
    if rows:
        tx.session.execute(insert(UseRow).values(rows))


def get_shown(tx: Transaction, kind: UseKind, subject_id: str) -> ImageRecord:
    """The one picture that is shown there. Raises `ImageNotFound`."""
    row = tx.session.scalars(
        select(ImageRow)
        .join(UseRow, UseRow.image_id == ImageRow.id)
        .where(UseRow.kind == kind, UseRow.subject_id == subject_id)
    ).one_or_none()
    if row is None:
        raise ImageNotFound
    return _record(tx, row)


def remove(tx: Transaction, row: ImageRow) -> None:
    """Show the picture nowhere any more; its row stays. The keys of one that is sealed do not."""
    row.deleted_at = tx.now
    tx.session.flush()
    if Purpose(row.purpose).is_sealed:
        cids = select(VariantRow.cid).where(VariantRow.image_id == row.id)
        sealed.forget(tx, [Cid(cid) for cid in tx.session.scalars(cids)])


def _named(cid: Cid) -> Select[tuple[ImageRow]]:
    having = select(VariantRow.image_id).where(VariantRow.cid == cid)
    return select(ImageRow).where(ImageRow.id.in_(having), ImageRow.deleted_at.is_(None))


def _record(tx: Transaction, row: ImageRow) -> ImageRecord:
    files = tx.session.scalars(
        select(VariantRow)
        .where(VariantRow.image_id == row.id)
        .order_by(VariantRow.size, VariantRow.variant, VariantRow.media_type)
    ).all()
    return ImageRecord(
        id=row.id,
        account_id=row.account_id,
        purpose=Purpose(row.purpose),
        cid=Cid(row.cid),
        width=row.width,
        height=row.height,
        animated=row.animated,
        colour=row.colour,
        blurhash=row.blurhash,
        alt_text=row.alt_text,
        created_at=row.created_at,
        files=tuple(map(_file, files)),
        uses=tuple(list_uses(tx, [row.id])),
        pinned=pins.pinned(tx, {Cid(file.cid) for file in files}),
    )


def _file(row: VariantRow) -> StoredFile:
    return StoredFile(
        Variant(row.variant),
        MediaType(row.media_type),
        Cid(row.cid),
        row.width,
        row.height,
        row.size,
    )
