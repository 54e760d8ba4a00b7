"""Pictures where upper modules show them, in their transactions."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from souk.core.unit_of_work import Transaction
from souk.modules.media.domain import ImageRecord, Purpose, Shown, UseKind
from souk.modules.media.errors import ImageNotYours, NoFiles
from souk.modules.media.repository import images, keeping

_PURPOSES: Mapping[UseKind, Purpose] = MappingProxyType(
    {
        UseKind.LISTING: Purpose.PRODUCT,
        UseKind.STORE_PROFILE: Purpose.PROFILE,
        UseKind.STORE_COVER: Purpose.COVER,
        UseKind.EVIDENCE: Purpose.EVIDENCE,
    }
)


def keep_shown(tx: Transaction, lines: Mapping[str, str]) -> None:
    """Have each line of an order, by its id, keep what its listing shows now: these pictures keep
    their bytes whatever becomes of them there."""
    keeping.keep_shown(tx, lines)


def forget_shown(tx: Transaction, lines: Collection[str]) -> None:
    """Have lines of orders that nobody has paid keep nothing any more."""
    keeping.forget_shown(tx, lines)


def show_images(
    tx: Transaction, account_id: str, kind: UseKind, subject_id: str, wanted: Sequence[Shown]
) -> None:
    """Show these pictures there from now on, in this order, and no others. They are the account's
    own and were uploaded for this, or are shown there already. Raises `ImageNotYours`,
    `NoFiles`."""
    purpose = _PURPOSES[kind]
    most = purpose.caps.max_count
    if len(wanted) > most:
        raise NoFiles(f"at most {most} pictures are shown here")
    found = images.lock_showable(
        tx, {one.cid for one in wanted}, purpose, account_id=account_id, subject_id=subject_id
    )
    for one in wanted:
        if one.cid not in found:
            raise ImageNotYours(one.cid, purpose)
    images.replace_uses(tx, kind, subject_id, [(found[one.cid], one.alt_text) for one in wanted])


def get_shown(tx: Transaction, kind: UseKind, subject_id: str) -> ImageRecord:
    """The one picture that is shown there. Raises `ImageNotFound`."""
    return images.get_shown(tx, kind, subject_id)
